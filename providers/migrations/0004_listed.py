from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0003_alter_endpoint_color")]

    operations = [
        migrations.AddField("languagemodel", "listed", models.JSONField(blank=True, default=dict, editable=False)),
        migrations.AlterField(
            "languagemodel",
            "label",
            models.CharField(
                blank=True, default="", help_text="Instead of the provider's name for it.", max_length=200
            ),
        ),
        migrations.AlterField(
            "languagemodel",
            "context_window",
            models.PositiveIntegerField(
                blank=True, help_text="In tokens, instead of what the provider states.", null=True
            ),
        ),
    ]
