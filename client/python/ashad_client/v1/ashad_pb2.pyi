from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Scale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCALE_UNSPECIFIED: _ClassVar[Scale]
    SCALE_LINEAR: _ClassVar[Scale]
    SCALE_LOG: _ClassVar[Scale]

class Goal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GOAL_UNSPECIFIED: _ClassVar[Goal]
    GOAL_MINIMIZE: _ClassVar[Goal]
    GOAL_MAXIMIZE: _ClassVar[Goal]

class Combination(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMBINATION_UNSPECIFIED: _ClassVar[Combination]
    COMBINATION_WEIGHTED_SUM: _ClassVar[Combination]
    COMBINATION_CHEBYSHEV: _ClassVar[Combination]
    COMBINATION_PARETO: _ClassVar[Combination]
    COMBINATION_LEXICOGRAPHIC: _ClassVar[Combination]

class AshaVariant(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASHA_VARIANT_UNSPECIFIED: _ClassVar[AshaVariant]
    ASHA_VARIANT_STOPPING: _ClassVar[AshaVariant]
    ASHA_VARIANT_PROMOTION: _ClassVar[AshaVariant]

class AdaptiveMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADAPTIVE_MODE_UNSPECIFIED: _ClassVar[AdaptiveMode]
    ADAPTIVE_MODE_AGGRESSIVE: _ClassVar[AdaptiveMode]
    ADAPTIVE_MODE_STANDARD: _ClassVar[AdaptiveMode]
    ADAPTIVE_MODE_CONSERVATIVE: _ClassVar[AdaptiveMode]

class OptunaMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPTUNA_METHOD_UNSPECIFIED: _ClassVar[OptunaMethod]
    OPTUNA_METHOD_TPE_MULTIVARIATE: _ClassVar[OptunaMethod]
    OPTUNA_METHOD_GP: _ClassVar[OptunaMethod]
    OPTUNA_METHOD_CMAES: _ClassVar[OptunaMethod]

class FailurePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_POLICY_UNSPECIFIED: _ClassVar[FailurePolicy]
    FAILURE_POLICY_COUNT_AS_WORST: _ClassVar[FailurePolicy]
    FAILURE_POLICY_IGNORE: _ClassVar[FailurePolicy]

class StudyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_STATE_UNSPECIFIED: _ClassVar[StudyState]
    STUDY_STATE_ACTIVE: _ClassVar[StudyState]
    STUDY_STATE_PAUSED: _ClassVar[StudyState]
    STUDY_STATE_STOPPED: _ClassVar[StudyState]
    STUDY_STATE_FINISHED: _ClassVar[StudyState]

class TrialState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAL_STATE_UNSPECIFIED: _ClassVar[TrialState]
    TRIAL_STATE_QUEUED: _ClassVar[TrialState]
    TRIAL_STATE_RUNNING: _ClassVar[TrialState]
    TRIAL_STATE_PAUSED: _ClassVar[TrialState]
    TRIAL_STATE_COMPLETED: _ClassVar[TrialState]
    TRIAL_STATE_STOPPED: _ClassVar[TrialState]
    TRIAL_STATE_FAILED: _ClassVar[TrialState]
    TRIAL_STATE_INFEASIBLE: _ClassVar[TrialState]
    TRIAL_STATE_CANCELLED: _ClassVar[TrialState]

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_UNSPECIFIED: _ClassVar[Action]
    ACTION_CONTINUE: _ClassVar[Action]
    ACTION_STOP: _ClassVar[Action]
    ACTION_PAUSE: _ClassVar[Action]

class FailureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_KIND_UNSPECIFIED: _ClassVar[FailureKind]
    FAILURE_KIND_ERROR: _ClassVar[FailureKind]
    FAILURE_KIND_INFEASIBLE: _ClassVar[FailureKind]

class BestBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BEST_BY_UNSPECIFIED: _ClassVar[BestBy]
    BEST_BY_BEST: _ClassVar[BestBy]
    BEST_BY_LAST: _ClassVar[BestBy]
    BEST_BY_SMOOTHED: _ClassVar[BestBy]

class CurveChoice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CURVE_CHOICE_UNSPECIFIED: _ClassVar[CurveChoice]
    CURVE_CHOICE_ASKED: _ClassVar[CurveChoice]
    CURVE_CHOICE_RUNNING: _ClassVar[CurveChoice]
    CURVE_CHOICE_BEST: _ClassVar[CurveChoice]
    CURVE_CHOICE_SAMPLED: _ClassVar[CurveChoice]
SCALE_UNSPECIFIED: Scale
SCALE_LINEAR: Scale
SCALE_LOG: Scale
GOAL_UNSPECIFIED: Goal
GOAL_MINIMIZE: Goal
GOAL_MAXIMIZE: Goal
COMBINATION_UNSPECIFIED: Combination
COMBINATION_WEIGHTED_SUM: Combination
COMBINATION_CHEBYSHEV: Combination
COMBINATION_PARETO: Combination
COMBINATION_LEXICOGRAPHIC: Combination
ASHA_VARIANT_UNSPECIFIED: AshaVariant
ASHA_VARIANT_STOPPING: AshaVariant
ASHA_VARIANT_PROMOTION: AshaVariant
ADAPTIVE_MODE_UNSPECIFIED: AdaptiveMode
ADAPTIVE_MODE_AGGRESSIVE: AdaptiveMode
ADAPTIVE_MODE_STANDARD: AdaptiveMode
ADAPTIVE_MODE_CONSERVATIVE: AdaptiveMode
OPTUNA_METHOD_UNSPECIFIED: OptunaMethod
OPTUNA_METHOD_TPE_MULTIVARIATE: OptunaMethod
OPTUNA_METHOD_GP: OptunaMethod
OPTUNA_METHOD_CMAES: OptunaMethod
FAILURE_POLICY_UNSPECIFIED: FailurePolicy
FAILURE_POLICY_COUNT_AS_WORST: FailurePolicy
FAILURE_POLICY_IGNORE: FailurePolicy
STUDY_STATE_UNSPECIFIED: StudyState
STUDY_STATE_ACTIVE: StudyState
STUDY_STATE_PAUSED: StudyState
STUDY_STATE_STOPPED: StudyState
STUDY_STATE_FINISHED: StudyState
TRIAL_STATE_UNSPECIFIED: TrialState
TRIAL_STATE_QUEUED: TrialState
TRIAL_STATE_RUNNING: TrialState
TRIAL_STATE_PAUSED: TrialState
TRIAL_STATE_COMPLETED: TrialState
TRIAL_STATE_STOPPED: TrialState
TRIAL_STATE_FAILED: TrialState
TRIAL_STATE_INFEASIBLE: TrialState
TRIAL_STATE_CANCELLED: TrialState
ACTION_UNSPECIFIED: Action
ACTION_CONTINUE: Action
ACTION_STOP: Action
ACTION_PAUSE: Action
FAILURE_KIND_UNSPECIFIED: FailureKind
FAILURE_KIND_ERROR: FailureKind
FAILURE_KIND_INFEASIBLE: FailureKind
BEST_BY_UNSPECIFIED: BestBy
BEST_BY_BEST: BestBy
BEST_BY_LAST: BestBy
BEST_BY_SMOOTHED: BestBy
CURVE_CHOICE_UNSPECIFIED: CurveChoice
CURVE_CHOICE_ASKED: CurveChoice
CURVE_CHOICE_RUNNING: CurveChoice
CURVE_CHOICE_BEST: CurveChoice
CURVE_CHOICE_SAMPLED: CurveChoice

class ParameterValue(_message.Message):
    __slots__ = ("int_value", "double_value", "string_value", "bool_value")
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    int_value: int
    double_value: float
    string_value: str
    bool_value: bool
    def __init__(self, int_value: _Optional[int] = ..., double_value: _Optional[float] = ..., string_value: _Optional[str] = ..., bool_value: bool = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: ParameterValue
    def __init__(self, name: _Optional[str] = ..., value: _Optional[_Union[ParameterValue, _Mapping]] = ...) -> None: ...

class Configuration(_message.Message):
    __slots__ = ("params",)
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    params: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, params: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ...) -> None: ...

class ParameterSpec(_message.Message):
    __slots__ = ("name", "float_range", "int_range", "categorical", "constant", "when")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FLOAT_RANGE_FIELD_NUMBER: _ClassVar[int]
    INT_RANGE_FIELD_NUMBER: _ClassVar[int]
    CATEGORICAL_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    float_range: FloatRange
    int_range: IntRange
    categorical: Categorical
    constant: ParameterValue
    when: _containers.RepeatedCompositeFieldContainer[Condition]
    def __init__(self, name: _Optional[str] = ..., float_range: _Optional[_Union[FloatRange, _Mapping]] = ..., int_range: _Optional[_Union[IntRange, _Mapping]] = ..., categorical: _Optional[_Union[Categorical, _Mapping]] = ..., constant: _Optional[_Union[ParameterValue, _Mapping]] = ..., when: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("parameter", "values")
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    parameter: str
    values: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    def __init__(self, parameter: _Optional[str] = ..., values: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ...) -> None: ...

class FloatRange(_message.Message):
    __slots__ = ("low", "high", "scale", "step", "grid_points", "mean", "sigma")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    GRID_POINTS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    low: float
    high: float
    scale: Scale
    step: float
    grid_points: int
    mean: float
    sigma: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ..., scale: _Optional[_Union[Scale, str]] = ..., step: _Optional[float] = ..., grid_points: _Optional[int] = ..., mean: _Optional[float] = ..., sigma: _Optional[float] = ...) -> None: ...

class IntRange(_message.Message):
    __slots__ = ("low", "high", "scale", "step", "grid_points", "mean", "sigma")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    GRID_POINTS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    low: int
    high: int
    scale: Scale
    step: int
    grid_points: int
    mean: float
    sigma: float
    def __init__(self, low: _Optional[int] = ..., high: _Optional[int] = ..., scale: _Optional[_Union[Scale, str]] = ..., step: _Optional[int] = ..., grid_points: _Optional[int] = ..., mean: _Optional[float] = ..., sigma: _Optional[float] = ...) -> None: ...

class Categorical(_message.Message):
    __slots__ = ("choices", "weights")
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, choices: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., weights: _Optional[_Iterable[float]] = ...) -> None: ...

class StudySpec(_message.Message):
    __slots__ = ("metric", "goal", "resource", "max_resource", "space", "points_to_evaluate", "asha", "adaptive_asha", "random", "grid", "single", "successive_halving", "hyperband", "async_hyperband", "pbt", "random_sampler", "grid_sampler", "halton", "tpe", "optuna", "python", "spaced_tpe", "limits", "seed", "lease", "failure_policy", "constraints", "outcome_constraints", "objectives", "combination")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    POINTS_TO_EVALUATE_FIELD_NUMBER: _ClassVar[int]
    ASHA_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_ASHA_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    GRID_FIELD_NUMBER: _ClassVar[int]
    SINGLE_FIELD_NUMBER: _ClassVar[int]
    SUCCESSIVE_HALVING_FIELD_NUMBER: _ClassVar[int]
    HYPERBAND_FIELD_NUMBER: _ClassVar[int]
    ASYNC_HYPERBAND_FIELD_NUMBER: _ClassVar[int]
    PBT_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SAMPLER_FIELD_NUMBER: _ClassVar[int]
    GRID_SAMPLER_FIELD_NUMBER: _ClassVar[int]
    HALTON_FIELD_NUMBER: _ClassVar[int]
    TPE_FIELD_NUMBER: _ClassVar[int]
    OPTUNA_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    SPACED_TPE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_POLICY_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVES_FIELD_NUMBER: _ClassVar[int]
    COMBINATION_FIELD_NUMBER: _ClassVar[int]
    metric: str
    goal: Goal
    resource: str
    max_resource: int
    space: _containers.RepeatedCompositeFieldContainer[ParameterSpec]
    points_to_evaluate: _containers.RepeatedCompositeFieldContainer[Configuration]
    asha: Asha
    adaptive_asha: AdaptiveAsha
    random: RandomSearch
    grid: GridSearch
    single: SingleTrial
    successive_halving: SuccessiveHalving
    hyperband: Hyperband
    async_hyperband: AsyncHyperband
    pbt: PopulationBasedTraining
    random_sampler: RandomSampler
    grid_sampler: GridSampler
    halton: HaltonSampler
    tpe: TpeSampler
    optuna: OptunaSampler
    python: PythonSampler
    spaced_tpe: SpacedTpeSampler
    limits: StudyLimits
    seed: int
    lease: LeaseSpec
    failure_policy: FailurePolicy
    constraints: _containers.RepeatedScalarFieldContainer[str]
    outcome_constraints: _containers.RepeatedScalarFieldContainer[str]
    objectives: _containers.RepeatedCompositeFieldContainer[Objective]
    combination: Combination
    def __init__(self, metric: _Optional[str] = ..., goal: _Optional[_Union[Goal, str]] = ..., resource: _Optional[str] = ..., max_resource: _Optional[int] = ..., space: _Optional[_Iterable[_Union[ParameterSpec, _Mapping]]] = ..., points_to_evaluate: _Optional[_Iterable[_Union[Configuration, _Mapping]]] = ..., asha: _Optional[_Union[Asha, _Mapping]] = ..., adaptive_asha: _Optional[_Union[AdaptiveAsha, _Mapping]] = ..., random: _Optional[_Union[RandomSearch, _Mapping]] = ..., grid: _Optional[_Union[GridSearch, _Mapping]] = ..., single: _Optional[_Union[SingleTrial, _Mapping]] = ..., successive_halving: _Optional[_Union[SuccessiveHalving, _Mapping]] = ..., hyperband: _Optional[_Union[Hyperband, _Mapping]] = ..., async_hyperband: _Optional[_Union[AsyncHyperband, _Mapping]] = ..., pbt: _Optional[_Union[PopulationBasedTraining, _Mapping]] = ..., random_sampler: _Optional[_Union[RandomSampler, _Mapping]] = ..., grid_sampler: _Optional[_Union[GridSampler, _Mapping]] = ..., halton: _Optional[_Union[HaltonSampler, _Mapping]] = ..., tpe: _Optional[_Union[TpeSampler, _Mapping]] = ..., optuna: _Optional[_Union[OptunaSampler, _Mapping]] = ..., python: _Optional[_Union[PythonSampler, _Mapping]] = ..., spaced_tpe: _Optional[_Union[SpacedTpeSampler, _Mapping]] = ..., limits: _Optional[_Union[StudyLimits, _Mapping]] = ..., seed: _Optional[int] = ..., lease: _Optional[_Union[LeaseSpec, _Mapping]] = ..., failure_policy: _Optional[_Union[FailurePolicy, str]] = ..., constraints: _Optional[_Iterable[str]] = ..., outcome_constraints: _Optional[_Iterable[str]] = ..., objectives: _Optional[_Iterable[_Union[Objective, _Mapping]]] = ..., combination: _Optional[_Union[Combination, str]] = ...) -> None: ...

class Objective(_message.Message):
    __slots__ = ("metric", "goal", "weight", "scale", "reference", "tolerance", "relative_tolerance", "target")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    metric: str
    goal: Goal
    weight: float
    scale: float
    reference: float
    tolerance: float
    relative_tolerance: float
    target: float
    def __init__(self, metric: _Optional[str] = ..., goal: _Optional[_Union[Goal, str]] = ..., weight: _Optional[float] = ..., scale: _Optional[float] = ..., reference: _Optional[float] = ..., tolerance: _Optional[float] = ..., relative_tolerance: _Optional[float] = ..., target: _Optional[float] = ...) -> None: ...

class Asha(_message.Message):
    __slots__ = ("variant", "min_resource", "eta", "max_rungs")
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNGS_FIELD_NUMBER: _ClassVar[int]
    variant: AshaVariant
    min_resource: int
    eta: float
    max_rungs: int
    def __init__(self, variant: _Optional[_Union[AshaVariant, str]] = ..., min_resource: _Optional[int] = ..., eta: _Optional[float] = ..., max_rungs: _Optional[int] = ...) -> None: ...

class AdaptiveAsha(_message.Message):
    __slots__ = ("variant", "mode", "eta", "max_rungs", "bracket_rungs")
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNGS_FIELD_NUMBER: _ClassVar[int]
    BRACKET_RUNGS_FIELD_NUMBER: _ClassVar[int]
    variant: AshaVariant
    mode: AdaptiveMode
    eta: float
    max_rungs: int
    bracket_rungs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, variant: _Optional[_Union[AshaVariant, str]] = ..., mode: _Optional[_Union[AdaptiveMode, str]] = ..., eta: _Optional[float] = ..., max_rungs: _Optional[int] = ..., bracket_rungs: _Optional[_Iterable[int]] = ...) -> None: ...

class SuccessiveHalving(_message.Message):
    __slots__ = ("min_resource", "eta", "max_rungs", "trials", "repeat")
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNGS_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    min_resource: int
    eta: float
    max_rungs: int
    trials: int
    repeat: bool
    def __init__(self, min_resource: _Optional[int] = ..., eta: _Optional[float] = ..., max_rungs: _Optional[int] = ..., trials: _Optional[int] = ..., repeat: bool = ...) -> None: ...

class Hyperband(_message.Message):
    __slots__ = ("min_resource", "eta", "max_rungs", "repeat")
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNGS_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    min_resource: int
    eta: float
    max_rungs: int
    repeat: bool
    def __init__(self, min_resource: _Optional[int] = ..., eta: _Optional[float] = ..., max_rungs: _Optional[int] = ..., repeat: bool = ...) -> None: ...

class AsyncHyperband(_message.Message):
    __slots__ = ("variant", "min_resource", "eta", "max_rungs", "brackets")
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    MIN_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNGS_FIELD_NUMBER: _ClassVar[int]
    BRACKETS_FIELD_NUMBER: _ClassVar[int]
    variant: AshaVariant
    min_resource: int
    eta: float
    max_rungs: int
    brackets: int
    def __init__(self, variant: _Optional[_Union[AshaVariant, str]] = ..., min_resource: _Optional[int] = ..., eta: _Optional[float] = ..., max_rungs: _Optional[int] = ..., brackets: _Optional[int] = ...) -> None: ...

class PopulationBasedTraining(_message.Message):
    __slots__ = ("population", "interval", "quantile", "resample_probability", "perturbation_factors", "explore")
    POPULATION_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    QUANTILE_FIELD_NUMBER: _ClassVar[int]
    RESAMPLE_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PERTURBATION_FACTORS_FIELD_NUMBER: _ClassVar[int]
    EXPLORE_FIELD_NUMBER: _ClassVar[int]
    population: int
    interval: int
    quantile: float
    resample_probability: float
    perturbation_factors: _containers.RepeatedScalarFieldContainer[float]
    explore: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, population: _Optional[int] = ..., interval: _Optional[int] = ..., quantile: _Optional[float] = ..., resample_probability: _Optional[float] = ..., perturbation_factors: _Optional[_Iterable[float]] = ..., explore: _Optional[_Iterable[str]] = ...) -> None: ...

class RandomSampler(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GridSampler(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HaltonSampler(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TpeSampler(_message.Message):
    __slots__ = ("random_fraction", "good_fraction", "min_points", "candidates", "bandwidth_factor", "min_bandwidth")
    RANDOM_FRACTION_FIELD_NUMBER: _ClassVar[int]
    GOOD_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MIN_POINTS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FACTOR_FIELD_NUMBER: _ClassVar[int]
    MIN_BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    random_fraction: float
    good_fraction: float
    min_points: int
    candidates: int
    bandwidth_factor: float
    min_bandwidth: float
    def __init__(self, random_fraction: _Optional[float] = ..., good_fraction: _Optional[float] = ..., min_points: _Optional[int] = ..., candidates: _Optional[int] = ..., bandwidth_factor: _Optional[float] = ..., min_bandwidth: _Optional[float] = ...) -> None: ...

class SpacedTpeSampler(_message.Message):
    __slots__ = ("random_fraction", "good_fraction", "min_points", "candidates", "bandwidth_factor", "min_bandwidth", "spacing")
    RANDOM_FRACTION_FIELD_NUMBER: _ClassVar[int]
    GOOD_FRACTION_FIELD_NUMBER: _ClassVar[int]
    MIN_POINTS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FACTOR_FIELD_NUMBER: _ClassVar[int]
    MIN_BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    SPACING_FIELD_NUMBER: _ClassVar[int]
    random_fraction: float
    good_fraction: float
    min_points: int
    candidates: int
    bandwidth_factor: float
    min_bandwidth: float
    spacing: float
    def __init__(self, random_fraction: _Optional[float] = ..., good_fraction: _Optional[float] = ..., min_points: _Optional[int] = ..., candidates: _Optional[int] = ..., bandwidth_factor: _Optional[float] = ..., min_bandwidth: _Optional[float] = ..., spacing: _Optional[float] = ...) -> None: ...

class OptunaSampler(_message.Message):
    __slots__ = ("method",)
    METHOD_FIELD_NUMBER: _ClassVar[int]
    method: OptunaMethod
    def __init__(self, method: _Optional[_Union[OptunaMethod, str]] = ...) -> None: ...

class PythonSampler(_message.Message):
    __slots__ = ("factory",)
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    factory: str
    def __init__(self, factory: _Optional[str] = ...) -> None: ...

class RandomSearch(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GridSearch(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SingleTrial(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StudyLimits(_message.Message):
    __slots__ = ("max_trials", "max_concurrent_trials", "max_total_resource", "max_duration", "target_value", "max_failed_trials")
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_TRIALS_FIELD_NUMBER: _ClassVar[int]
    MAX_TOTAL_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_FAILED_TRIALS_FIELD_NUMBER: _ClassVar[int]
    max_trials: int
    max_concurrent_trials: int
    max_total_resource: int
    max_duration: _duration_pb2.Duration
    target_value: float
    max_failed_trials: int
    def __init__(self, max_trials: _Optional[int] = ..., max_concurrent_trials: _Optional[int] = ..., max_total_resource: _Optional[int] = ..., max_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., target_value: _Optional[float] = ..., max_failed_trials: _Optional[int] = ...) -> None: ...

class LeaseSpec(_message.Message):
    __slots__ = ("duration", "heartbeat_interval", "max_attempts")
    DURATION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    duration: _duration_pb2.Duration
    heartbeat_interval: _duration_pb2.Duration
    max_attempts: int
    def __init__(self, duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., max_attempts: _Optional[int] = ...) -> None: ...

class Study(_message.Message):
    __slots__ = ("name", "spec", "state", "reason", "create_time", "counts", "total_resource", "brackets", "best", "note", "labels", "space_versions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    BRACKETS_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SPACE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: StudySpec
    state: StudyState
    reason: str
    create_time: _timestamp_pb2.Timestamp
    counts: TrialCounts
    total_resource: int
    brackets: _containers.RepeatedCompositeFieldContainer[Bracket]
    best: BestResult
    note: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    space_versions: _containers.RepeatedCompositeFieldContainer[SpaceVersion]
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[StudySpec, _Mapping]] = ..., state: _Optional[_Union[StudyState, str]] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., counts: _Optional[_Union[TrialCounts, _Mapping]] = ..., total_resource: _Optional[int] = ..., brackets: _Optional[_Iterable[_Union[Bracket, _Mapping]]] = ..., best: _Optional[_Union[BestResult, _Mapping]] = ..., note: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ..., space_versions: _Optional[_Iterable[_Union[SpaceVersion, _Mapping]]] = ...) -> None: ...

class SpaceVersion(_message.Message):
    __slots__ = ("version", "first_trial", "time", "changes")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FIRST_TRIAL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    version: int
    first_trial: int
    time: _timestamp_pb2.Timestamp
    changes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[int] = ..., first_trial: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., changes: _Optional[_Iterable[str]] = ...) -> None: ...

class TrialCounts(_message.Message):
    __slots__ = ("created", "queued", "running", "paused", "completed", "stopped", "failed", "infeasible", "cancelled", "failed_error", "failed_lost", "failed_metric_missing", "lost_leases", "released", "diverged_reports")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    INFEASIBLE_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    FAILED_ERROR_FIELD_NUMBER: _ClassVar[int]
    FAILED_LOST_FIELD_NUMBER: _ClassVar[int]
    FAILED_METRIC_MISSING_FIELD_NUMBER: _ClassVar[int]
    LOST_LEASES_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    DIVERGED_REPORTS_FIELD_NUMBER: _ClassVar[int]
    created: int
    queued: int
    running: int
    paused: int
    completed: int
    stopped: int
    failed: int
    infeasible: int
    cancelled: int
    failed_error: int
    failed_lost: int
    failed_metric_missing: int
    lost_leases: int
    released: int
    diverged_reports: int
    def __init__(self, created: _Optional[int] = ..., queued: _Optional[int] = ..., running: _Optional[int] = ..., paused: _Optional[int] = ..., completed: _Optional[int] = ..., stopped: _Optional[int] = ..., failed: _Optional[int] = ..., infeasible: _Optional[int] = ..., cancelled: _Optional[int] = ..., failed_error: _Optional[int] = ..., failed_lost: _Optional[int] = ..., failed_metric_missing: _Optional[int] = ..., lost_leases: _Optional[int] = ..., released: _Optional[int] = ..., diverged_reports: _Optional[int] = ...) -> None: ...

class Bracket(_message.Message):
    __slots__ = ("bracket", "planned_trials", "rungs")
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    PLANNED_TRIALS_FIELD_NUMBER: _ClassVar[int]
    RUNGS_FIELD_NUMBER: _ClassVar[int]
    bracket: int
    planned_trials: int
    rungs: _containers.RepeatedCompositeFieldContainer[Rung]
    def __init__(self, bracket: _Optional[int] = ..., planned_trials: _Optional[int] = ..., rungs: _Optional[_Iterable[_Union[Rung, _Mapping]]] = ...) -> None: ...

class Rung(_message.Message):
    __slots__ = ("rung", "level", "planned_trials", "size", "quota", "cutoff", "promoted", "paused")
    RUNG_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PLANNED_TRIALS_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    rung: int
    level: int
    planned_trials: int
    size: int
    quota: int
    cutoff: float
    promoted: int
    paused: int
    def __init__(self, rung: _Optional[int] = ..., level: _Optional[int] = ..., planned_trials: _Optional[int] = ..., size: _Optional[int] = ..., quota: _Optional[int] = ..., cutoff: _Optional[float] = ..., promoted: _Optional[int] = ..., paused: _Optional[int] = ...) -> None: ...

class BestResult(_message.Message):
    __slots__ = ("trial", "resource", "value", "params", "seed")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    trial: int
    resource: int
    value: float
    params: _containers.RepeatedCompositeFieldContainer[Parameter]
    seed: int
    def __init__(self, trial: _Optional[int] = ..., resource: _Optional[int] = ..., value: _Optional[float] = ..., params: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., seed: _Optional[int] = ...) -> None: ...

class Trial(_message.Message):
    __slots__ = ("trial", "state", "reason", "params", "origin", "bracket", "attempt", "worker", "resource", "value", "best_value", "checkpoint_uri", "create_time", "update_time", "worker_time", "message", "lost_leases", "seed", "note", "labels", "attributes", "parent_trial", "donor_trial", "donor_resource", "broken_constraints")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BEST_VALUE_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_URI_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WORKER_TIME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LOST_LEASES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PARENT_TRIAL_FIELD_NUMBER: _ClassVar[int]
    DONOR_TRIAL_FIELD_NUMBER: _ClassVar[int]
    DONOR_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    BROKEN_CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    trial: int
    state: TrialState
    reason: str
    params: _containers.RepeatedCompositeFieldContainer[Parameter]
    origin: str
    bracket: int
    attempt: int
    worker: str
    resource: int
    value: float
    best_value: float
    checkpoint_uri: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    worker_time: _duration_pb2.Duration
    message: str
    lost_leases: int
    seed: int
    note: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    parent_trial: int
    donor_trial: int
    donor_resource: int
    broken_constraints: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, trial: _Optional[int] = ..., state: _Optional[_Union[TrialState, str]] = ..., reason: _Optional[str] = ..., params: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., origin: _Optional[str] = ..., bracket: _Optional[int] = ..., attempt: _Optional[int] = ..., worker: _Optional[str] = ..., resource: _Optional[int] = ..., value: _Optional[float] = ..., best_value: _Optional[float] = ..., checkpoint_uri: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., worker_time: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., message: _Optional[str] = ..., lost_leases: _Optional[int] = ..., seed: _Optional[int] = ..., note: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., parent_trial: _Optional[int] = ..., donor_trial: _Optional[int] = ..., donor_resource: _Optional[int] = ..., broken_constraints: _Optional[_Iterable[str]] = ...) -> None: ...

class Attribute(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("attempt", "worker", "time", "start_resource", "attributes")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    START_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    worker: str
    time: _timestamp_pb2.Timestamp
    start_resource: int
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    def __init__(self, attempt: _Optional[int] = ..., worker: _Optional[str] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., start_resource: _Optional[int] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ...) -> None: ...

class StoredReport(_message.Message):
    __slots__ = ("trial", "attempt", "resource", "value", "metrics", "checkpoint_uri", "decision", "time", "commit_seq", "infeasible", "broken_constraints")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_URI_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    INFEASIBLE_FIELD_NUMBER: _ClassVar[int]
    BROKEN_CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    trial: int
    attempt: int
    resource: int
    value: float
    metrics: _containers.RepeatedCompositeFieldContainer[Metric]
    checkpoint_uri: str
    decision: Decision
    time: _timestamp_pb2.Timestamp
    commit_seq: int
    infeasible: bool
    broken_constraints: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, trial: _Optional[int] = ..., attempt: _Optional[int] = ..., resource: _Optional[int] = ..., value: _Optional[float] = ..., metrics: _Optional[_Iterable[_Union[Metric, _Mapping]]] = ..., checkpoint_uri: _Optional[str] = ..., decision: _Optional[_Union[Decision, _Mapping]] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., commit_seq: _Optional[int] = ..., infeasible: bool = ..., broken_constraints: _Optional[_Iterable[str]] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Decision(_message.Message):
    __slots__ = ("action", "reason", "bracket", "rung", "level", "rank", "size", "quota", "cutoff", "next_resource", "late", "current_attempt")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    NEXT_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    action: Action
    reason: str
    bracket: int
    rung: int
    level: int
    rank: int
    size: int
    quota: int
    cutoff: float
    next_resource: int
    late: bool
    current_attempt: int
    def __init__(self, action: _Optional[_Union[Action, str]] = ..., reason: _Optional[str] = ..., bracket: _Optional[int] = ..., rung: _Optional[int] = ..., level: _Optional[int] = ..., rank: _Optional[int] = ..., size: _Optional[int] = ..., quota: _Optional[int] = ..., cutoff: _Optional[float] = ..., next_resource: _Optional[int] = ..., late: bool = ..., current_attempt: _Optional[int] = ...) -> None: ...

class SuggestRequest(_message.Message):
    __slots__ = ("study", "worker", "request_id", "max_wait", "attributes")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    study: str
    worker: str
    request_id: str
    max_wait: _duration_pb2.Duration
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    def __init__(self, study: _Optional[str] = ..., worker: _Optional[str] = ..., request_id: _Optional[str] = ..., max_wait: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ...) -> None: ...

class SuggestResponse(_message.Message):
    __slots__ = ("assignment", "wait", "finished", "commit_seq")
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    assignment: Assignment
    wait: Wait
    finished: StudyFinished
    commit_seq: int
    def __init__(self, assignment: _Optional[_Union[Assignment, _Mapping]] = ..., wait: _Optional[_Union[Wait, _Mapping]] = ..., finished: _Optional[_Union[StudyFinished, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class Assignment(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token", "params", "bracket", "start_resource", "target_resource", "max_resource", "next_resource", "resume_checkpoint_uri", "lease_duration", "heartbeat_interval", "metric", "seed")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    START_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    RESUME_CHECKPOINT_URI_FIELD_NUMBER: _ClassVar[int]
    LEASE_DURATION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    params: _containers.RepeatedCompositeFieldContainer[Parameter]
    bracket: int
    start_resource: int
    target_resource: int
    max_resource: int
    next_resource: int
    resume_checkpoint_uri: str
    lease_duration: _duration_pb2.Duration
    heartbeat_interval: _duration_pb2.Duration
    metric: str
    seed: int
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ..., params: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., bracket: _Optional[int] = ..., start_resource: _Optional[int] = ..., target_resource: _Optional[int] = ..., max_resource: _Optional[int] = ..., next_resource: _Optional[int] = ..., resume_checkpoint_uri: _Optional[str] = ..., lease_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., metric: _Optional[str] = ..., seed: _Optional[int] = ...) -> None: ...

class Wait(_message.Message):
    __slots__ = ("delay", "reason", "quota")
    DELAY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    delay: _duration_pb2.Duration
    reason: str
    quota: QuotaUse
    def __init__(self, delay: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ..., quota: _Optional[_Union[QuotaUse, _Mapping]] = ...) -> None: ...

class QuotaUse(_message.Message):
    __slots__ = ("scope", "name", "trials", "running", "waiting", "shares")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    scope: str
    name: str
    trials: int
    running: int
    waiting: int
    shares: _containers.RepeatedCompositeFieldContainer[QuotaShare]
    def __init__(self, scope: _Optional[str] = ..., name: _Optional[str] = ..., trials: _Optional[int] = ..., running: _Optional[int] = ..., waiting: _Optional[int] = ..., shares: _Optional[_Iterable[_Union[QuotaShare, _Mapping]]] = ...) -> None: ...

class QuotaShare(_message.Message):
    __slots__ = ("study", "running", "waiting", "waited", "weight")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    WAITED_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    study: str
    running: int
    waiting: int
    waited: _duration_pb2.Duration
    weight: int
    def __init__(self, study: _Optional[str] = ..., running: _Optional[int] = ..., waiting: _Optional[int] = ..., waited: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., weight: _Optional[int] = ...) -> None: ...

class StudyFinished(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ReportRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token", "resource", "metrics", "checkpoint_uri")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_URI_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    resource: int
    metrics: _containers.RepeatedCompositeFieldContainer[Metric]
    checkpoint_uri: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ..., resource: _Optional[int] = ..., metrics: _Optional[_Iterable[_Union[Metric, _Mapping]]] = ..., checkpoint_uri: _Optional[str] = ...) -> None: ...

class ReportResponse(_message.Message):
    __slots__ = ("decision", "commit_seq")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    commit_seq: int
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ReportStreamRequest(_message.Message):
    __slots__ = ("reports",)
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[ReportRequest]
    def __init__(self, reports: _Optional[_Iterable[_Union[ReportRequest, _Mapping]]] = ...) -> None: ...

class ReportStreamResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ReportResult]
    def __init__(self, results: _Optional[_Iterable[_Union[ReportResult, _Mapping]]] = ...) -> None: ...

class ReportResult(_message.Message):
    __slots__ = ("response", "refusal")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    response: ReportResponse
    refusal: ReportRefusal
    def __init__(self, response: _Optional[_Union[ReportResponse, _Mapping]] = ..., refusal: _Optional[_Union[ReportRefusal, _Mapping]] = ...) -> None: ...

class ReportRefusal(_message.Message):
    __slots__ = ("code", "reason", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ShouldStopRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ...) -> None: ...

class ShouldStopResponse(_message.Message):
    __slots__ = ("should_stop", "decision", "commit_seq")
    SHOULD_STOP_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    should_stop: bool
    decision: Decision
    commit_seq: int
    def __init__(self, should_stop: bool = ..., decision: _Optional[_Union[Decision, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("decision", "commit_seq")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    commit_seq: int
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class CompleteTrialRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ...) -> None: ...

class CompleteTrialResponse(_message.Message):
    __slots__ = ("state", "reason", "commit_seq")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    state: TrialState
    reason: str
    commit_seq: int
    def __init__(self, state: _Optional[_Union[TrialState, str]] = ..., reason: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class FailTrialRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token", "kind", "message")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    kind: FailureKind
    message: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ..., kind: _Optional[_Union[FailureKind, str]] = ..., message: _Optional[str] = ...) -> None: ...

class FailTrialResponse(_message.Message):
    __slots__ = ("state", "reason", "commit_seq")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    state: TrialState
    reason: str
    commit_seq: int
    def __init__(self, state: _Optional[_Union[TrialState, str]] = ..., reason: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ReleaseTrialRequest(_message.Message):
    __slots__ = ("study", "trial", "attempt", "lease_token")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    attempt: int
    lease_token: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., attempt: _Optional[int] = ..., lease_token: _Optional[str] = ...) -> None: ...

class ReleaseTrialResponse(_message.Message):
    __slots__ = ("state", "commit_seq")
    STATE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    state: TrialState
    commit_seq: int
    def __init__(self, state: _Optional[_Union[TrialState, str]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class CreateStudyRequest(_message.Message):
    __slots__ = ("study", "spec", "request_id", "validate_only")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    study: str
    spec: StudySpec
    request_id: str
    validate_only: bool
    def __init__(self, study: _Optional[str] = ..., spec: _Optional[_Union[StudySpec, _Mapping]] = ..., request_id: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class CreateStudyResponse(_message.Message):
    __slots__ = ("study", "created", "commit_seq", "warnings")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    study: Study
    created: bool
    commit_seq: int
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., created: bool = ..., commit_seq: _Optional[int] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class GetStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class GetStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq", "quotas")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    QUOTAS_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    quotas: _containers.RepeatedCompositeFieldContainer[QuotaUse]
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ..., quotas: _Optional[_Iterable[_Union[QuotaUse, _Mapping]]] = ...) -> None: ...

class ListQuotasRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQuotasResponse(_message.Message):
    __slots__ = ("quotas", "next_page_token")
    QUOTAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    quotas: _containers.RepeatedCompositeFieldContainer[QuotaUse]
    next_page_token: str
    def __init__(self, quotas: _Optional[_Iterable[_Union[QuotaUse, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListStudiesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "labels")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class ListStudiesResponse(_message.Message):
    __slots__ = ("studies", "next_page_token")
    STUDIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    studies: _containers.RepeatedCompositeFieldContainer[Study]
    next_page_token: str
    def __init__(self, studies: _Optional[_Iterable[_Union[Study, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateStudyRequest(_message.Message):
    __slots__ = ("study", "limits", "update_mask")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    study: str
    limits: StudyLimits
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, study: _Optional[str] = ..., limits: _Optional[_Union[StudyLimits, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ChangeSpaceRequest(_message.Message):
    __slots__ = ("study", "space", "past_values", "request_id", "if_version", "validate_only")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    PAST_VALUES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    IF_VERSION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    study: str
    space: _containers.RepeatedCompositeFieldContainer[ParameterSpec]
    past_values: _containers.RepeatedCompositeFieldContainer[Parameter]
    request_id: str
    if_version: int
    validate_only: bool
    def __init__(self, study: _Optional[str] = ..., space: _Optional[_Iterable[_Union[ParameterSpec, _Mapping]]] = ..., past_values: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., request_id: _Optional[str] = ..., if_version: _Optional[int] = ..., validate_only: bool = ...) -> None: ...

class ChangeSpaceResponse(_message.Message):
    __slots__ = ("study", "version", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    version: SpaceVersion
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., version: _Optional[_Union[SpaceVersion, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class PauseStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class PauseStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ResumeStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class ResumeStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class StopStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class StopStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class DeleteStudyRequest(_message.Message):
    __slots__ = ("study", "force")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    study: str
    force: bool
    def __init__(self, study: _Optional[str] = ..., force: bool = ...) -> None: ...

class DeleteStudyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EnqueueTrialRequest(_message.Message):
    __slots__ = ("study", "configuration", "request_id")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    study: str
    configuration: Configuration
    request_id: str
    def __init__(self, study: _Optional[str] = ..., configuration: _Optional[_Union[Configuration, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class EnqueueTrialResponse(_message.Message):
    __slots__ = ("trial", "commit_seq")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    commit_seq: int
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class PastTrial(_message.Message):
    __slots__ = ("params", "state", "reports", "note")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    params: _containers.RepeatedCompositeFieldContainer[Parameter]
    state: TrialState
    reports: _containers.RepeatedCompositeFieldContainer[PastReport]
    note: str
    def __init__(self, params: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., state: _Optional[_Union[TrialState, str]] = ..., reports: _Optional[_Iterable[_Union[PastReport, _Mapping]]] = ..., note: _Optional[str] = ...) -> None: ...

class PastReport(_message.Message):
    __slots__ = ("resource", "value")
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    resource: int
    value: float
    def __init__(self, resource: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...

class ImportTrialsRequest(_message.Message):
    __slots__ = ("study", "trials", "request_id")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    study: str
    trials: _containers.RepeatedCompositeFieldContainer[PastTrial]
    request_id: str
    def __init__(self, study: _Optional[str] = ..., trials: _Optional[_Iterable[_Union[PastTrial, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportTrialsResponse(_message.Message):
    __slots__ = ("first_trial", "trials", "commit_seq")
    FIRST_TRIAL_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    first_trial: int
    trials: int
    commit_seq: int
    def __init__(self, first_trial: _Optional[int] = ..., trials: _Optional[int] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class CancelTrialRequest(_message.Message):
    __slots__ = ("study", "trial")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ...) -> None: ...

class CancelTrialResponse(_message.Message):
    __slots__ = ("trial", "commit_seq")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    commit_seq: int
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class AnnotateStudyRequest(_message.Message):
    __slots__ = ("study", "note", "add_labels", "remove_labels")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ADD_LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_LABELS_FIELD_NUMBER: _ClassVar[int]
    study: str
    note: str
    add_labels: _containers.RepeatedScalarFieldContainer[str]
    remove_labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study: _Optional[str] = ..., note: _Optional[str] = ..., add_labels: _Optional[_Iterable[str]] = ..., remove_labels: _Optional[_Iterable[str]] = ...) -> None: ...

class AnnotateStudyResponse(_message.Message):
    __slots__ = ("study", "commit_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: Study
    commit_seq: int
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class AnnotateTrialRequest(_message.Message):
    __slots__ = ("study", "trial", "note", "add_labels", "remove_labels")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ADD_LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_LABELS_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    note: str
    add_labels: _containers.RepeatedScalarFieldContainer[str]
    remove_labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., note: _Optional[str] = ..., add_labels: _Optional[_Iterable[str]] = ..., remove_labels: _Optional[_Iterable[str]] = ...) -> None: ...

class AnnotateTrialResponse(_message.Message):
    __slots__ = ("trial", "commit_seq")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    commit_seq: int
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class GetTrialRequest(_message.Message):
    __slots__ = ("study", "trial")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ...) -> None: ...

class GetTrialResponse(_message.Message):
    __slots__ = ("trial", "commit_seq", "attempts")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    commit_seq: int
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., commit_seq: _Optional[int] = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ...) -> None: ...

class GetBestTrialRequest(_message.Message):
    __slots__ = ("study", "by")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    study: str
    by: BestBy
    def __init__(self, study: _Optional[str] = ..., by: _Optional[_Union[BestBy, str]] = ...) -> None: ...

class GetBestTrialResponse(_message.Message):
    __slots__ = ("trial", "value", "report", "commit_seq", "front")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    FRONT_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    value: float
    report: StoredReport
    commit_seq: int
    front: _containers.RepeatedCompositeFieldContainer[FrontEntry]
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., value: _Optional[float] = ..., report: _Optional[_Union[StoredReport, _Mapping]] = ..., commit_seq: _Optional[int] = ..., front: _Optional[_Iterable[_Union[FrontEntry, _Mapping]]] = ...) -> None: ...

class FrontEntry(_message.Message):
    __slots__ = ("trial", "report")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    report: StoredReport
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., report: _Optional[_Union[StoredReport, _Mapping]] = ...) -> None: ...

class ListTrialsRequest(_message.Message):
    __slots__ = ("study", "page_size", "page_token", "states", "labels")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    study: str
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[TrialState]
    labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[TrialState, str]]] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class ListTrialsResponse(_message.Message):
    __slots__ = ("trials", "next_page_token", "commit_seq")
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    next_page_token: str
    commit_seq: int
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ListReportsRequest(_message.Message):
    __slots__ = ("study", "trial", "page_size", "page_token")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    page_size: int
    page_token: str
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReportsResponse(_message.Message):
    __slots__ = ("reports", "next_page_token", "commit_seq")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[StoredReport]
    next_page_token: str
    commit_seq: int
    def __init__(self, reports: _Optional[_Iterable[_Union[StoredReport, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ListObsoleteCheckpointsRequest(_message.Message):
    __slots__ = ("study", "after_seq", "page_size")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    study: str
    after_seq: int
    page_size: int
    def __init__(self, study: _Optional[str] = ..., after_seq: _Optional[int] = ..., page_size: _Optional[int] = ...) -> None: ...

class ListObsoleteCheckpointsResponse(_message.Message):
    __slots__ = ("checkpoints", "next_after_seq", "commit_seq")
    CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    checkpoints: _containers.RepeatedCompositeFieldContainer[ObsoleteCheckpoint]
    next_after_seq: int
    commit_seq: int
    def __init__(self, checkpoints: _Optional[_Iterable[_Union[ObsoleteCheckpoint, _Mapping]]] = ..., next_after_seq: _Optional[int] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ObsoleteCheckpoint(_message.Message):
    __slots__ = ("trial", "checkpoint_uri", "commit_seq")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_URI_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trial: int
    checkpoint_uri: str
    commit_seq: int
    def __init__(self, trial: _Optional[int] = ..., checkpoint_uri: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ExplainTrialRequest(_message.Message):
    __slots__ = ("study", "trial")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    study: str
    trial: int
    def __init__(self, study: _Optional[str] = ..., trial: _Optional[int] = ...) -> None: ...

class ExplainTrialResponse(_message.Message):
    __slots__ = ("trial", "explanations", "commit_seq")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    EXPLANATIONS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    explanations: _containers.RepeatedCompositeFieldContainer[Explanation]
    commit_seq: int
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ..., explanations: _Optional[_Iterable[_Union[Explanation, _Mapping]]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("report", "sentence", "entries")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    report: StoredReport
    sentence: str
    entries: _containers.RepeatedCompositeFieldContainer[RungEntry]
    def __init__(self, report: _Optional[_Union[StoredReport, _Mapping]] = ..., sentence: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[RungEntry, _Mapping]]] = ...) -> None: ...

class RungEntry(_message.Message):
    __slots__ = ("rank", "trial", "value", "within_quota", "infeasible", "front")
    RANK_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    WITHIN_QUOTA_FIELD_NUMBER: _ClassVar[int]
    INFEASIBLE_FIELD_NUMBER: _ClassVar[int]
    FRONT_FIELD_NUMBER: _ClassVar[int]
    rank: int
    trial: int
    value: float
    within_quota: bool
    infeasible: bool
    front: int
    def __init__(self, rank: _Optional[int] = ..., trial: _Optional[int] = ..., value: _Optional[float] = ..., within_quota: bool = ..., infeasible: bool = ..., front: _Optional[int] = ...) -> None: ...

class WatchStudyRequest(_message.Message):
    __slots__ = ("study", "after_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: str
    after_seq: int
    def __init__(self, study: _Optional[str] = ..., after_seq: _Optional[int] = ...) -> None: ...

class WatchStudyResponse(_message.Message):
    __slots__ = ("commit_seq", "time", "study", "changes")
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STUDY_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    commit_seq: int
    time: _timestamp_pb2.Timestamp
    study: Study
    changes: _containers.RepeatedCompositeFieldContainer[StudyChange]
    def __init__(self, commit_seq: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., study: _Optional[_Union[Study, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[StudyChange, _Mapping]]] = ...) -> None: ...

class StudyChange(_message.Message):
    __slots__ = ("commit_seq", "time", "kind", "report", "trial", "attempt", "worker")
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    commit_seq: int
    time: _timestamp_pb2.Timestamp
    kind: str
    report: StoredReport
    trial: Trial
    attempt: int
    worker: str
    def __init__(self, commit_seq: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ..., report: _Optional[_Union[StoredReport, _Mapping]] = ..., trial: _Optional[_Union[Trial, _Mapping]] = ..., attempt: _Optional[int] = ..., worker: _Optional[str] = ...) -> None: ...

class SummarizeStudyRequest(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: str
    def __init__(self, study: _Optional[str] = ...) -> None: ...

class SummarizeStudyResponse(_message.Message):
    __slots__ = ("study", "histograms", "commit_seq", "quotas")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    HISTOGRAMS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    QUOTAS_FIELD_NUMBER: _ClassVar[int]
    study: Study
    histograms: _containers.RepeatedCompositeFieldContainer[RungHistogram]
    commit_seq: int
    quotas: _containers.RepeatedCompositeFieldContainer[QuotaUse]
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ..., histograms: _Optional[_Iterable[_Union[RungHistogram, _Mapping]]] = ..., commit_seq: _Optional[int] = ..., quotas: _Optional[_Iterable[_Union[QuotaUse, _Mapping]]] = ...) -> None: ...

class RungHistogram(_message.Message):
    __slots__ = ("bracket", "rung", "low", "high", "counts", "promoted", "worse", "diverged", "infeasible")
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_FIELD_NUMBER: _ClassVar[int]
    WORSE_FIELD_NUMBER: _ClassVar[int]
    DIVERGED_FIELD_NUMBER: _ClassVar[int]
    INFEASIBLE_FIELD_NUMBER: _ClassVar[int]
    bracket: int
    rung: int
    low: float
    high: float
    counts: _containers.RepeatedScalarFieldContainer[int]
    promoted: _containers.RepeatedScalarFieldContainer[int]
    worse: int
    diverged: int
    infeasible: int
    def __init__(self, bracket: _Optional[int] = ..., rung: _Optional[int] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., counts: _Optional[_Iterable[int]] = ..., promoted: _Optional[_Iterable[int]] = ..., worse: _Optional[int] = ..., diverged: _Optional[int] = ..., infeasible: _Optional[int] = ...) -> None: ...

class SampleCurvesRequest(_message.Message):
    __slots__ = ("study", "max_curves", "max_points", "trials", "metric")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    MAX_CURVES_FIELD_NUMBER: _ClassVar[int]
    MAX_POINTS_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    study: str
    max_curves: int
    max_points: int
    trials: _containers.RepeatedScalarFieldContainer[int]
    metric: str
    def __init__(self, study: _Optional[str] = ..., max_curves: _Optional[int] = ..., max_points: _Optional[int] = ..., trials: _Optional[_Iterable[int]] = ..., metric: _Optional[str] = ...) -> None: ...

class SampleCurvesResponse(_message.Message):
    __slots__ = ("curves", "trials", "commit_seq")
    CURVES_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    curves: _containers.RepeatedCompositeFieldContainer[Curve]
    trials: int
    commit_seq: int
    def __init__(self, curves: _Optional[_Iterable[_Union[Curve, _Mapping]]] = ..., trials: _Optional[int] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class Curve(_message.Message):
    __slots__ = ("trial", "state", "reason", "bracket", "rung", "choice", "resources", "values", "thinned")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    RUNG_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    THINNED_FIELD_NUMBER: _ClassVar[int]
    trial: int
    state: TrialState
    reason: str
    bracket: int
    rung: int
    choice: CurveChoice
    resources: _containers.RepeatedScalarFieldContainer[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    thinned: bool
    def __init__(self, trial: _Optional[int] = ..., state: _Optional[_Union[TrialState, str]] = ..., reason: _Optional[str] = ..., bracket: _Optional[int] = ..., rung: _Optional[int] = ..., choice: _Optional[_Union[CurveChoice, str]] = ..., resources: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[float]] = ..., thinned: bool = ...) -> None: ...

class QueryTrialsRequest(_message.Message):
    __slots__ = ("study", "columns", "states", "filters", "order_by", "descending", "page_size", "page_token")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    study: str
    columns: _containers.RepeatedScalarFieldContainer[str]
    states: _containers.RepeatedScalarFieldContainer[TrialState]
    filters: _containers.RepeatedCompositeFieldContainer[TrialFilter]
    order_by: str
    descending: bool
    page_size: int
    page_token: str
    def __init__(self, study: _Optional[str] = ..., columns: _Optional[_Iterable[str]] = ..., states: _Optional[_Iterable[_Union[TrialState, str]]] = ..., filters: _Optional[_Iterable[_Union[TrialFilter, _Mapping]]] = ..., order_by: _Optional[str] = ..., descending: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class TrialFilter(_message.Message):
    __slots__ = ("column", "at_least", "at_most", "one_of", "contains", "missing")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    AT_MOST_FIELD_NUMBER: _ClassVar[int]
    ONE_OF_FIELD_NUMBER: _ClassVar[int]
    CONTAINS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    column: str
    at_least: ParameterValue
    at_most: ParameterValue
    one_of: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    contains: str
    missing: bool
    def __init__(self, column: _Optional[str] = ..., at_least: _Optional[_Union[ParameterValue, _Mapping]] = ..., at_most: _Optional[_Union[ParameterValue, _Mapping]] = ..., one_of: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., contains: _Optional[str] = ..., missing: bool = ...) -> None: ...

class QueryTrialsResponse(_message.Message):
    __slots__ = ("columns", "rows", "next_page_token", "commit_seq")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    rows: int
    next_page_token: str
    commit_seq: int
    def __init__(self, columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., rows: _Optional[int] = ..., next_page_token: _Optional[str] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class Column(_message.Message):
    __slots__ = ("name", "doubles", "integers", "indexes", "dictionary", "missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOUBLES_FIELD_NUMBER: _ClassVar[int]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    DICTIONARY_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    doubles: _containers.RepeatedScalarFieldContainer[float]
    integers: _containers.RepeatedScalarFieldContainer[int]
    indexes: _containers.RepeatedScalarFieldContainer[int]
    dictionary: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    missing: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., doubles: _Optional[_Iterable[float]] = ..., integers: _Optional[_Iterable[int]] = ..., indexes: _Optional[_Iterable[int]] = ..., dictionary: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., missing: _Optional[_Iterable[int]] = ...) -> None: ...

class ListBestStepsRequest(_message.Message):
    __slots__ = ("study", "after_seq")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    study: str
    after_seq: int
    def __init__(self, study: _Optional[str] = ..., after_seq: _Optional[int] = ...) -> None: ...

class ListBestStepsResponse(_message.Message):
    __slots__ = ("steps", "through_seq", "total_resource", "time", "commit_seq")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQ_FIELD_NUMBER: _ClassVar[int]
    TOTAL_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[BestStep]
    through_seq: int
    total_resource: int
    time: _timestamp_pb2.Timestamp
    commit_seq: int
    def __init__(self, steps: _Optional[_Iterable[_Union[BestStep, _Mapping]]] = ..., through_seq: _Optional[int] = ..., total_resource: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class BestStep(_message.Message):
    __slots__ = ("commit_seq", "time", "trial", "resource", "value", "total_resource")
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    commit_seq: int
    time: _timestamp_pb2.Timestamp
    trial: int
    resource: int
    value: float
    total_resource: int
    def __init__(self, commit_seq: _Optional[int] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., trial: _Optional[int] = ..., resource: _Optional[int] = ..., value: _Optional[float] = ..., total_resource: _Optional[int] = ...) -> None: ...

class GetParameterImportanceRequest(_message.Message):
    __slots__ = ("study", "level", "best_fraction")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    BEST_FRACTION_FIELD_NUMBER: _ClassVar[int]
    study: str
    level: int
    best_fraction: float
    def __init__(self, study: _Optional[str] = ..., level: _Optional[int] = ..., best_fraction: _Optional[float] = ...) -> None: ...

class GetParameterImportanceResponse(_message.Message):
    __slots__ = ("parameters", "level", "trials", "best_trials", "commit_seq")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    BEST_TRIALS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQ_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedCompositeFieldContainer[ParameterImportance]
    level: int
    trials: int
    best_trials: int
    commit_seq: int
    def __init__(self, parameters: _Optional[_Iterable[_Union[ParameterImportance, _Mapping]]] = ..., level: _Optional[int] = ..., trials: _Optional[int] = ..., best_trials: _Optional[int] = ..., commit_seq: _Optional[int] = ...) -> None: ...

class ParameterImportance(_message.Message):
    __slots__ = ("name", "importance")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    importance: float
    def __init__(self, name: _Optional[str] = ..., importance: _Optional[float] = ...) -> None: ...
