package dev.ashad.client;

import dev.ashad.v1.Categorical;
import dev.ashad.v1.FloatRange;
import dev.ashad.v1.IntRange;
import dev.ashad.v1.ParameterSpec;
import dev.ashad.v1.Scale;

/** Parameters of a search space, for {@code StudySpec.newBuilder().addSpace(...)}. */
public final class Space {
  private Space() {}

  /** A real number from low to high, both included. */
  public static ParameterSpec uniform(String name, double low, double high) {
    return real(name, low, high, Scale.SCALE_LINEAR);
  }

  /** A real number whose logarithm is uniform; {@code low} must be above 0. */
  public static ParameterSpec logUniform(String name, double low, double high) {
    return real(name, low, high, Scale.SCALE_LOG);
  }

  /** A whole number from low to high, both included. */
  public static ParameterSpec integer(String name, long low, long high) {
    return whole(name, low, high, Scale.SCALE_LINEAR);
  }

  /** A whole number whose logarithm is uniform; {@code low} must be above 0. */
  public static ParameterSpec logInteger(String name, long low, long high) {
    return whole(name, low, high, Scale.SCALE_LOG);
  }

  /** One of the values: numbers, texts or booleans, mixed as you like. */
  public static ParameterSpec choice(String name, Object... values) {
    Categorical.Builder choices = Categorical.newBuilder();
    for (Object value : values) {
      choices.addChoices(Params.typed(name, value));
    }
    return ParameterSpec.newBuilder().setName(name).setCategorical(choices).build();
  }

  /** Always the same value. */
  public static ParameterSpec constant(String name, Object value) {
    return ParameterSpec.newBuilder().setName(name).setConstant(Params.typed(name, value)).build();
  }

  private static ParameterSpec real(String name, double low, double high, Scale scale) {
    FloatRange.Builder range = FloatRange.newBuilder().setLow(low).setHigh(high).setScale(scale);
    return ParameterSpec.newBuilder().setName(name).setFloatRange(range).build();
  }

  private static ParameterSpec whole(String name, long low, long high, Scale scale) {
    IntRange.Builder range = IntRange.newBuilder().setLow(low).setHigh(high).setScale(scale);
    return ParameterSpec.newBuilder().setName(name).setIntRange(range).build();
  }
}
