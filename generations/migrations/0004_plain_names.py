from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    """Rename what the code renamed; every row is kept."""

    dependencies = [
        ('generations', '0003_fallback'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField('run', 'then', 'on_complete_task'),
        migrations.RenameField('generation', 'deliveries', 'delivery_count'),
        migrations.RemoveConstraint('dailyuse', 'generations_one_use_a_day'),
        migrations.RenameModel('DailyUse', 'DailyUsage'),
        migrations.RenameField('dailyusage', 'payer', 'key_source'),
        migrations.AlterModelOptions('dailyusage', options={'verbose_name_plural': 'daily usage'}),
        migrations.AlterField(
            model_name='dailyusage',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='daily_usage', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='dailyusage',
            constraint=models.UniqueConstraint(fields=('user', 'day', 'key_source'), name='generations_one_usage_a_day'),
        ),
    ]
