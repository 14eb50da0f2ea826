import core.encrypted_field
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0004_listed")]

    operations = [
        migrations.AddField("endpoint", "kind", models.CharField("API", blank=True, default="", max_length=64)),
        migrations.AddField(
            "endpoint", "headers", core.encrypted_field.EncryptedTextField(blank=True, default="", editable=False)
        ),
        migrations.AddField(
            "endpoint",
            "header_names",
            models.CharField("extra headers", blank=True, default="", editable=False, max_length=1_000),
        ),
        migrations.AddField(
            "languagemodel", "added_by_hand", models.BooleanField(default=False, editable=False)
        ),
    ]
