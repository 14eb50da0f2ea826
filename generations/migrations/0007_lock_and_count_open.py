from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION generations_lock_and_count_open(user_key bigint)
RETURNS TABLE (source varchar, answers bigint, may_run bigint, tokens numeric, cost numeric)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM accounts_user WHERE id = user_key FOR NO KEY UPDATE;
  RETURN QUERY
    SELECT key_source, COUNT(*), COUNT(*) FILTER (WHERE NOT held_back), SUM(reserved_tokens)::numeric,
      SUM(reserved_cost)::numeric
    FROM generations_generation
    WHERE user_id = user_key AND status IN ('queued', 'streaming')
    GROUP BY key_source;
END
$$
"""
DROP = "DROP FUNCTION IF EXISTS generations_lock_and_count_open(bigint)"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    """The two statements of `generations.limits.open_answers.lock_and_count_open` as one function."""

    dependencies = [("generations", "0006_on_complete")]

    operations = [migrations.RunPython(create, drop)]
