"""A single setting that the config of a caller may choose, as LangChain describes such fields."""

from __future__ import annotations

from langchain_core.runnables import ConfigurableField
from langchain_core.runnables.utils import AnyConfigurableField

from ...core.context import Context


def described(name: str, field: AnyConfigurableField) -> AnyConfigurableField:
    """Return how a field is called, with what `Context` says of it if it is a setting.

    Example:
        >>> described("depth", ConfigurableField("depth")).annotation
        <class 'int'>
    """
    setting = Context.model_fields.get(name)
    if setting is None or not isinstance(field, ConfigurableField):
        return field
    return ConfigurableField(
        id=field.id,
        name=field.name,
        description=field.description or setting.description,
        annotation=field.annotation or setting.annotation,
        is_shared=field.is_shared,
    )
