from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion


def rename_permissions(old, new):
    """Rename the permissions of a renamed model, so that groups and users keep them."""

    def rename(apps, schema_editor):
        permissions = apps.get_model('auth', 'Permission').objects.using(schema_editor.connection.alias)
        for permission in permissions.filter(content_type__app_label='generations', codename__endswith=f'_{old[0]}'):
            permission.codename = permission.codename.replace(old[0], new[0])
            permission.name = permission.name.replace(old[1], new[1])
            permission.save()

    return rename


OLD, NEW = ('dailyuse', 'daily use'), ('dailyusage', 'daily usage')


class Migration(migrations.Migration):
    """Rename what the code renamed; every row is kept."""

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
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
        migrations.RunPython(rename_permissions(OLD, NEW), rename_permissions(NEW, OLD)),
    ]
