"""What the labels of a classifier count, and whether its head was trained at all."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import ConfigError, evidence
from ...models.local.import_torch import Untyped
from .spec import HfSource


def label_weights(source: HfSource, config: Untyped, missing: Sequence[str]) -> list[float]:
    """Check the head, and return what each label counts.

    Args:
        source: Which model, and its weights if its spec has some.
        config: The model's own.
        missing: Names of weights that its files do not have.

    Raises:
        ConfigError: the head is not trained or scores tokens, or the weights do not fit.
    """
    if missing:
        raise ConfigError(
            f"reward 'hf:{source.model}' is not a trained classifier: {', '.join(missing[:3])} "
            f"{'is' if len(missing) == 1 else 'are'} not in its files and would be random; name a "
            "reward model, not the language model it was made from"
        )
    made_as = (config.architectures or [""])[0]
    if made_as.endswith("ForTokenClassification"):  # its head may fit, and mean something else
        raise ConfigError(
            f"reward 'hf:{source.model}' is a {made_as}, which scores tokens and not texts: name a "
            "sequence classifier"
        )
    labels = [str(config.id2label[i]) for i in range(config.num_labels)]
    if len(labels) == 1:
        if source.weights:
            raise ConfigError(
                f"reward 'hf:{source.model}' has one score per text: leave weights= out"
            )
        return [1.0]
    named = dict(source.weights)
    if not named or set(named) - set(labels) or len(set(labels)) < len(labels):
        raise ConfigError(
            f"reward 'hf:{source.model}' gives {len(labels)} numbers per text and a reward is one: "
            f"say what each label counts, as in ?weights={labels[0]}:0.7,{labels[1]}:0.3; "
            f"its labels are {evidence(', '.join(labels))}"
        )
    return [named.get(label, 0.0) for label in labels]


def in_float32(torch: Untyped, model: Untyped) -> None:
    """Have everything above the language model computed in float32.

    In bfloat16 a score near 10 has steps of 0.06: good answers would tie.
    """
    for name, part in model.named_children():
        if name != model.base_model_prefix:
            part.float()
            part.register_forward_pre_hook(
                lambda _, given: tuple(
                    one.float() if torch.is_tensor(one) and one.is_floating_point() else one
                    for one in given
                )
            )
