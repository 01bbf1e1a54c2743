from django.db import migrations, models

# What calls are scored by until somebody sets a sheet of their own: this product's default, from no published rule.
_ITEMS = (
    ("开头语和结束语规范", 10),
    ("服务用语文明", 15),
    ("准确理解客户诉求", 15),
    ("答复内容正确", 30),
    ("记录完整准确", 15),
    ("处理及时、不推诿", 15),
)


def _default_sheet(apps, _editor):
    sheet = apps.get_model("hotline", "ReviewSheet").objects.create(
        from_date="2000-01-01", name="通话质检评分表", source=""
    )
    item = apps.get_model("hotline", "ReviewItem")
    item.objects.bulk_create(
        item(sheet=sheet, position=position, name=name, points=points)
        for position, (name, points) in enumerate(_ITEMS)
    )


class Migration(migrations.Migration):
    dependencies = [("hotline", "0002_desk")]

    operations = [
        migrations.AddField("callnote", "due_at", models.DateTimeField(null=True)),
        migrations.AddField("review", "reason", models.CharField(blank=True, max_length=300, default="")),
        migrations.AddField("review", "replaced_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("review", "review_once_each"),
        migrations.AddConstraint(
            "review",
            models.UniqueConstraint(
                fields=["call", "scorer"], condition=models.Q(replaced_at=None), name="review_once_each"
            ),
        ),
        migrations.RunPython(_default_sheet, migrations.RunPython.noop),
    ]
