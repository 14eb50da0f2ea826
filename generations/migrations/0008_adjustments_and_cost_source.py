from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generations", "0007_lock_and_count_open")]

    operations = [
        migrations.AddField("generation", "adjustments", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "generation",
            "cost_source",
            models.CharField(
                blank=True, choices=[("provider", "provider"), ("estimate", "estimate")], default="", max_length=8
            ),
            preserve_default=False,
        ),
    ]
