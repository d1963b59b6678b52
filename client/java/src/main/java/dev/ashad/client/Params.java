package dev.ashad.client;

import dev.ashad.v1.Configuration;
import dev.ashad.v1.Parameter;
import dev.ashad.v1.ParameterValue;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A configuration: an unmodifiable map from the names of the space, in its order, to {@link Long},
 * {@link Double}, {@link String} or {@link Boolean}. The getters throw {@link AshadException} where
 * the parameter is not there or of another type.
 */
public final class Params extends AbstractMap<String, Object> {
  private final Map<String, Object> values = new LinkedHashMap<>();

  Params(List<Parameter> parameters) {
    for (Parameter parameter : parameters) {
      values.put(parameter.getName(), nativeOf(parameter));
    }
  }

  /** A whole number, all 64 bits of it. */
  public long getLong(String name) {
    if (require(name) instanceof Long) {
      return (Long) values.get(name);
    }
    throw mismatch(name, "a whole number");
  }

  /** A whole number that fits into an int. */
  public int getInt(String name) {
    long value = getLong(name);
    if (value == (int) value) {
      return (int) value;
    }
    throw mismatch(name, "an int");
  }

  /** A number; a whole one as long as a double holds it exactly. */
  public double getDouble(String name) {
    Object value = require(name);
    if (value instanceof Double) {
      return (Double) value;
    }
    if (value instanceof Long && (long) (double) (Long) value == (Long) value) {
      return (Long) value;
    }
    throw mismatch(name, "a double");
  }

  /** A text. */
  public String getString(String name) {
    if (require(name) instanceof String) {
      return (String) values.get(name);
    }
    throw mismatch(name, "a text");
  }

  /** True or false. */
  public boolean getBoolean(String name) {
    if (require(name) instanceof Boolean) {
      return (Boolean) values.get(name);
    }
    throw mismatch(name, "a boolean");
  }

  @Override
  public Object get(Object name) {
    return values.get(name);
  }

  @Override
  public boolean containsKey(Object name) {
    return values.containsKey(name);
  }

  @Override
  public Set<Entry<String, Object>> entrySet() {
    return Collections.unmodifiableMap(values).entrySet();
  }

  private Object require(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw AshadException.invalid(
          "no parameter " + name + "; there are " + String.join(", ", values.keySet()));
    }
    return value;
  }

  private AshadException mismatch(String name, String wanted) {
    Object value = values.get(name);
    String kind = value.getClass().getSimpleName();
    return AshadException.invalid(
        "parameter " + name + " is " + value + " (" + kind + "), not " + wanted);
  }

  private static Object nativeOf(Parameter parameter) {
    ParameterValue value = parameter.getValue();
    switch (value.getKindCase()) {
      case INT_VALUE:
        return value.getIntValue();
      case DOUBLE_VALUE:
        return value.getDoubleValue();
      case STRING_VALUE:
        return value.getStringValue();
      case BOOL_VALUE:
        return value.getBoolValue();
      default:
        throw AshadException.invalid(
            "parameter "
                + parameter.getName()
                + " is of a kind this client does not know: upgrade it");
    }
  }

  /** Writes one value, in its own type. */
  static ParameterValue typed(String name, Object value) {
    ParameterValue.Builder made = ParameterValue.newBuilder();
    if (value instanceof Boolean) {
      return made.setBoolValue((Boolean) value).build();
    }
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return made.setIntValue(((Number) value).longValue()).build();
    }
    if (value instanceof Double || value instanceof Float) {
      return made.setDoubleValue(((Number) value).doubleValue()).build();
    }
    if (value instanceof String) {
      return made.setStringValue((String) value).build();
    }
    String kind = value == null ? "null" : value.getClass().getSimpleName();
    throw AshadException.invalid(name + ": a number, text or boolean, not " + kind);
  }

  /** Writes a configuration; what it leaves out is drawn by the daemon. */
  static Configuration configuration(Map<String, ?> params) {
    Configuration.Builder made = Configuration.newBuilder();
    params.forEach(
        (name, value) -> made.addParamsBuilder().setName(name).setValue(typed(name, value)));
    return made.build();
  }
}
