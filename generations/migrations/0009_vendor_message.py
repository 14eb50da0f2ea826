from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generations", "0008_adjustments_and_cost_source")]

    operations = [
        migrations.AddField(
            "generation", "vendor_message", models.TextField(blank=True, default=""), preserve_default=False
        ),
    ]
