"""Personal data in rows: encrypted by the database's own column, and how it looks to whoever need not see it all."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from denghuo.adapters.sealing import Keyring

if TYPE_CHECKING:
    from django.db.models import Lookup


def keyring() -> Keyring:
    """The keys of this installation."""
    ring: Keyring = settings.DATA_KEYS
    return ring


def blind(text: str, *, context: str) -> int:
    """The number under which a text of personal data is found: see :meth:`denghuo.adapters.sealing.Keyring.blind`."""
    return keyring().blind(text, context=context)


class SealedTextField(models.BinaryField):
    """Text that lies encrypted on the disk and is text everywhere else. "" stays empty; NULL is not known.

    It cannot be compared or ordered by the database: what must be found has a blind index in a column beside it.
    ``context`` is where it belongs, and part of what is encrypted: renaming it would close everything sealed under it.
    """

    if TYPE_CHECKING:  # what it holds is text
        _pyi_private_set_type: str
        _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, context: str, **kwargs: Any) -> None:
        self.context = context
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "context": self.context}

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        del expression, connection
        if value is None or not len(value):
            return None if value is None else ""
        return keyring().open(bytes(value), context=self.context)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = self.sealer()(value)
        return super().get_db_prep_value(value, connection, prepared)

    def sealer(self) -> Callable[[str], bytes]:
        """What makes of a text what lies in the column, for one or many of them."""
        seal = keyring().sealer(self.context)
        return lambda text: seal(text) if text else b""

    def to_python(self, value: Any) -> Any:
        return value

    def get_default(self) -> Any:
        return None if self.null and not self.has_default() else "" if not self.has_default() else super().get_default()

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is sealed: look for it by its blind index")
        return super().get_lookup(lookup_name)


def masked_phone(number: str) -> str:
    """A number that can be told apart and not called: a mobile keeps three and four digits, a landline its area and its
    last two, what is shorter its ends.

    >>> [masked_phone(one) for one in ("13800138000", "057187654321", "87654321", "95598", "12", "")]
    ['138****8000', '0571******21', '8******1', '9***8', '**', '']
    """
    if len(number) == 11 and number.startswith("1"):
        return f"{number[:3]}****{number[-4:]}"
    if len(number) >= 9:
        return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}"
    return f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}" if len(number) > 2 else "*" * len(number)


def masked_name(name: str) -> str:
    """A name with its first character, and its last where it has three or more.

    >>> [masked_name(one) for one in ("张三", "欧阳小明", "李", "")]
    ['张*', '欧**明', '李', '']
    """
    if len(name) < 3:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_address(address: str) -> str:
    """An address down to the building: what tells the door is hidden.

    >>> masked_address("青禾村3组12号"), masked_address("灯塔社区5幢2单元301室"), masked_address("青禾村")
    ('青禾村3组***', '灯塔社区5幢***', '青禾村')
    """
    kept = re.match(r"^(.*?(?:组|幢|栋|号楼|弄|巷|路|街|里))(.+)$", address)
    if kept:
        return f"{kept[1]}***"
    digits = re.search(r"\d", address)
    return f"{address[: digits.start()]}***" if digits else address
