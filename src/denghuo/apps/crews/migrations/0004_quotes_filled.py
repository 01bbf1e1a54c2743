from django.db import migrations


def fill(apps, schema_editor):
    """A quote is for the order that its assignment served, where it was one."""
    quote, served = apps.get_model('crews', 'Quote'), apps.get_model('crews', 'AssignmentOrder')
    for row in quote.objects.filter(order=None):
        orders = list(served.objects.filter(assignment_id=row.assignment_id).values_list('order_id', flat=True)[:2])
        if len(orders) == 1:
            quote.objects.filter(pk=row.pk).update(order_id=orders[0])


class Migration(migrations.Migration):

    dependencies = [
        ('crews', '0003_quotes_of_orders'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
