import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


def move_content_types(from_app, to_app):
    """Keep permissions and the admin's log attached to the models, which were in ``conversations`` before."""

    def move(apps, schema_editor):
        content_types = apps.get_model('contenttypes', 'ContentType').objects.using(schema_editor.connection.alias)
        content_types.filter(app_label=from_app, model__in=['preset', 'prompttemplate']).update(app_label=to_app)

    return move


class Migration(migrations.Migration):
    """Take presets and prompt templates over from ``conversations``, with their tables as they are."""

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('conversations', '0003_presets_move_out'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Preset',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('name', models.CharField(max_length=80)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('data', models.JSONField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'db_table': 'conversations_preset',
                        'ordering': ['name', 'pk'],
                        'abstract': False,
                        'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='one_preset_a_name')],
                    },
                ),
                migrations.CreateModel(
                    name='PromptTemplate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ('name', models.CharField(max_length=80)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('text', models.TextField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'db_table': 'conversations_prompttemplate',
                        'ordering': ['name', 'pk'],
                        'abstract': False,
                        'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='one_prompttemplate_a_name')],
                    },
                ),
            ],
        ),
        migrations.RunPython(move_content_types('conversations', 'presets'), move_content_types('presets', 'conversations')),
    ]
