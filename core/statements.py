"""Statements of the busiest code, without the work that Django repeats for each call.

Building the SQL of a query costs Django several times what the database needs to run it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection, models, transaction
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import get_related_populators

from core.scoped_values import once_a_thread

Row = TypeVar("Row", bound=Model)


class Parameter(Value):
    """The value of a parameter of a ``PreparedQuery``, at its position among all values."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class PreparedQuery(Generic[Row]):
    """A query whose SQL is built once in each thread; the rows may come with ``select_related``.

    ``build`` returns the query, given an expression for each parameter; for a list, a list of expressions. A parameter
    that is not a number or a text has a field, which converts it for the database.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], *fields: Field[Any, Any] | None) -> None:
        self._build = build
        self._fields = fields
        self._compiled = once_a_thread(self._compile)

    def rows(self, *values: Any) -> list[Row]:
        """Run the query with these values, in the order of ``build``'s parameters; an empty list matches no row."""
        if [] in values:
            return []
        compiled, flat = self._bound(values)
        return compiled.run(flat)

    def row(self, *values: Any) -> Row | None:
        """Return the first row, None without one."""
        return next(iter(self.rows(*values)), None)

    def rows_after(self, update: str, parameters: Sequence[Any], *values: Any) -> list[Row]:
        """Run an UPDATE of the query's own table, and the query on the rows that it has changed.

        PostgreSQL gets one statement. SQLite gets two in a transaction, so the query itself has to find no other rows.
        """
        compiled, flat = self._bound(values)
        if connection.vendor == "postgresql":
            return compiled.run(flat, update, parameters)
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute(update, parameters)
            return compiled.run(flat) if cursor.rowcount else []

    def _bound(self, values: Sequence[Any]) -> tuple[_Compiled, list[Any]]:
        """Return the SQL for values like these, and the values as the database takes them."""
        sizes = tuple(len(each) if isinstance(each, list) else None for each in values)
        flat = [
            value if field is None else field.get_db_prep_value(value, connection)
            for each, field in zip(values, self._fields, strict=True)
            for value in (each if isinstance(each, list) else [each])
        ]
        return self._compiled(sizes), flat

    def _compile(self, sizes: tuple[int | None, ...]) -> _Compiled:
        """Build the SQL for lists of these lengths, None for a parameter that is no list."""
        arguments: list[Any] = []
        position = 0
        for size in sizes:
            parameters = [Parameter(position + index, models.TextField()) for index in range(size or 1)]
            arguments.append(parameters[0] if size is None else parameters)
            position += len(parameters)
        return _Compiled(self._build(*arguments))


class _Compiled:
    """The SQL of a query, and how its rows become objects; as Django's ``ModelIterable`` does it."""

    def __init__(self, query: QuerySet[Any]) -> None:
        compiler: Any = query.query.get_compiler(query.db)
        self._sql, self._parameters = compiler.as_sql()
        select, info = compiler.select, compiler.klass_info
        begin, self._end = info["select_fields"][0], info["select_fields"][-1] + 1
        assert begin == 0
        self._names = [column.target.attname for column, *_ in select[: self._end]]
        populators: Any = get_related_populators
        self._related = populators(info, select, query.db)
        self._converters = compiler.get_converters([column for column, *_ in select])
        self._convert = compiler.apply_converters
        self._model: type[Model] = info["model"]
        self._table = connection.ops.quote_name(self._model._meta.db_table)

    def run(self, values: Sequence[Any], update: str = "", parameters: Sequence[Any] = ()) -> list[Any]:
        """Run the query; with an ``update``, on the rows that this changes."""
        bound = [values[each.value] if isinstance(each, Parameter) else each for each in self._parameters]
        changed = f"WITH {self._table} AS ({update} RETURNING *) " if update else ""
        with connection.cursor() as cursor:
            cursor.execute(changed + self._sql, [*parameters, *bound])
            rows = self._convert(cursor.fetchall(), self._converters)
        return [self._object(row) for row in rows]

    def _object(self, row: Sequence[Any]) -> Model:
        found = self._model.from_db(connection.alias, self._names, row[: self._end])
        for related in self._related:
            related.populate(row, found)
        return found


def rows_of(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement; the values are as the database stores them."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def insert(*groups: Sequence[Model]) -> None:
    """Insert new objects, each group of one model, and set the keys that the database gives them.

    Objects may refer to those of earlier groups that have no key yet. PostgreSQL gets one statement for all groups,
    SQLite one for each. Like ``bulk_create``, but all objects of a group come with a key, or none does.
    """
    filled = [group for group in groups if group]
    if connection.vendor == "postgresql" and len(filled) > 1:
        _insert_together(filled)
    else:
        for group in filled:
            _insert_group(group)
    for each in chain.from_iterable(filled):
        each._state.adding, each._state.db = False, connection.alias


def _insert_group(objects: Sequence[Model]) -> None:
    for each in objects:
        each._prepare_related_fields_for_save("insert")  # type: ignore[attr-defined]
    insertion = _insertion(type(objects[0]), objects[0].pk is not None)
    rows, values = insertion.rows(objects, {})
    with connection.cursor() as cursor:
        cursor.execute(f"{insertion.statement} {rows}{insertion.returning}", values)
        if insertion.returning:
            for each, (key,) in zip(objects, cursor.fetchall(), strict=True):
                each.pk = key


def _insert_together(groups: Sequence[Sequence[Model]]) -> None:
    """Insert each group in a part of one statement, which takes keys from the rows that earlier parts have returned."""
    parts, keys, values = [], [], []
    pending: list[Model] = []
    places: dict[int, str] = {}
    for number, objects in enumerate(groups):
        insertion = _insertion(type(objects[0]), objects[0].pk is not None)
        rows, row_values = insertion.rows(objects, places)
        parts.append(f"part_{number} AS ({insertion.statement} {rows}{insertion.returning})")
        values += row_values
        if insertion.returning:
            pending += objects
            keys.append(f"SELECT {insertion.key} FROM part_{number}")  # noqa: S608
            for position, each in enumerate(objects):
                places[id(each)] = f"(SELECT {insertion.key} FROM part_{number} OFFSET {position} LIMIT 1)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {' UNION ALL '.join(keys) or 'SELECT 1 WHERE false'}", values)
        for each, (key,) in zip(pending, cursor.fetchall(), strict=True):
            each.pk = key
    for each in chain.from_iterable(groups):
        each._prepare_related_fields_for_save("insert")  # type: ignore[attr-defined]


class _Insertion(NamedTuple):
    """The fields of a model that are written, the beginning and the end of the statement, and the column of the key."""

    fields: list[Field[Any, Any]]
    statement: str
    returning: str
    key: str

    def rows(self, objects: Sequence[Model], places: Mapping[int, str]) -> tuple[str, list[Any]]:
        """Return the rows and their values; ``places`` has the expressions for the keys of objects that are inserted in
        the same statement, by the objects' identities."""
        rows, values = [], []
        for each in objects:
            row = []
            for field in self.fields:
                related = each._state.fields_cache.get(field.name)
                if place := places.get(id(related)):
                    row.append(place)
                    continue
                if related is not None and getattr(each, field.attname) is None:
                    # It was saved after it was assigned.
                    setattr(each, field.name, related)
                row.append("%s")
                values.append(field.get_db_prep_save(field.pre_save(each, True), connection))
            rows.append(f"({', '.join(row)})")
        return ", ".join(rows), values


@cache
def _insertion(model: type[Model], has_keys: bool) -> _Insertion:
    meta, quote = model._meta, connection.ops.quote_name
    fields = [each for each in meta.local_concrete_fields if has_keys or not each.primary_key]
    columns, key = ", ".join(quote(str(each.column)) for each in fields), quote(str(meta.pk.column))
    statement = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES"
    return _Insertion(fields, statement, "" if has_keys else f" RETURNING {key}", key)
