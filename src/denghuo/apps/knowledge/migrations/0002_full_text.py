from django.db import migrations


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE TABLE knowledge_text (version_id bigint PRIMARY KEY, words tsvector NOT NULL)")
        schema_editor.execute("CREATE INDEX knowledge_text_words ON knowledge_text USING gin (words)")
    else:
        schema_editor.execute(
            "CREATE VIRTUAL TABLE knowledge_text USING fts5"
            " (head_words, head_pairs, text_words, text_pairs, tokenize = 'unicode61', prefix = '1 2')"
        )


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE knowledge_text")


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
