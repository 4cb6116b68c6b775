"""Attributes in which libraries note down what says nothing of a value: who is told of changes, what was
compiled, which graph a layer stands in, what the metrics of the last call were, how long it took.

Two fits of one model differ in its variables; that ``predict`` leaves a compiled function behind changes
nothing that anyone reads.
"""

from typing import Final

# Names count how many were made in the process, unless somebody gives them: a second one is called otherwise.
_KERAS: Final = frozenset(
    ("name", "_path", "_tracker", "_lock", "_auto_config", "_parent_path", "_distribute_strategy")
)
_TRACKABLE: Final = frozenset(
    f"_self_{name}"
    for name in (
        "setattr_tracking",
        "unconditional_checkpoint_dependencies",
        "unconditional_dependency_names",
        "unconditional_deferred_dependencies",
        "update_uid",
        "name_based_restores",
        "saveable_object_factories",
        "tracked_trackables",
    )
)

BOOKKEEPING: Final[dict[str, frozenset[str]]] = {
    "keras:Layer": _KERAS
    | frozenset(
        (
            "build",
            "quantize",
            "_tracked",
            "_called",
            "_inbound_nodes",
            "_outbound_nodes",
            "_losses",
            "_loss_ids",
            "_losses_override",
            "_call_signature",
            "call_signature_parameters",
            "_call_context_args",
            "_build_shapes_dict",
            "_saved_model_inputs_spec",
            "_saved_model_arg_spec",
            "_metrics",
        )
    ),
    "keras:Trainer": frozenset(
        (
            "train_function",
            "test_function",
            "predict_function",
            "_compile_metrics",
            "_loss_tracker",
            "_compiled_trainable_state",
            "_eval_epoch_iterator",
            "_initial_epoch",
            "_compute_loss_has_training_arg",
            "stop_evaluating",
            "stop_predicting",
            "stop_training",
        )
    ),
    # What a Sequential is run by holds the layers that it holds itself.
    "keras:Sequential": frozenset(("_functional",)),
    "keras:BaseOptimizer": _KERAS | frozenset(("_distribution_strategy", "_trainable_variables_indices")),
    "keras:Variable": frozenset(("_name", "_path", "_initializer")),
    "keras:KerasTensor": frozenset(("name", "_keras_history")),
    "keras:Callback": frozenset(("_model", "model")),
    "keras:Tracker": frozenset(("config", "exclusions")),
    "keras:TrackedList": frozenset(("tracker",)),
    "keras:TrackedDict": frozenset(("tracker",)),
    "keras:TrackedSet": frozenset(("tracker",)),
    "tensorflow:Trackable": _TRACKABLE,
    "sklearn:BaseSearchCV": frozenset(("refit_time_",)),
}
"""By a class's registered name; what is derived from it inherits them."""
