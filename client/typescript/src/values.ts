/**
 * Parameters: JavaScript's values to the typed values of the contract, and back.
 *
 * A bigint is a whole number, a number is a real one: both ways, whatever the value.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { invalid } from "./errors.js";
import type { ConfigurationSchema, Parameter, ParameterValueSchema } from "./gen/ashad_pb.js";

/** One value: a whole number (bigint), a real number, text, or yes and no. */
export type Param = number | bigint | string | boolean;
/** A configuration, by name, in the order of the space. */
export type Params = Record<string, Param>;

/** @internal Read a configuration. */
export function paramsOf(parameters: readonly Parameter[]): Params {
  return Object.fromEntries(
    parameters.map(({ name, value }) => {
      const read = value?.kind.value;
      if (read !== undefined) return [name, read];
      throw invalid(`the daemon sent ${name} in a kind that this client does not know: upgrade it`);
    }),
  );
}

/** @internal Write one value. */
export function typed(value: unknown, name: string): MessageInitShape<typeof ParameterValueSchema> {
  switch (typeof value) {
    case "bigint":
      return { kind: { case: "intValue", value: int64(value, name) } };
    case "number":
      return { kind: { case: "doubleValue", value } };
    case "string":
      return { kind: { case: "stringValue", value } };
    case "boolean":
      return { kind: { case: "boolValue", value } };
    default:
      throw invalid(`${name}: a number, bigint, text or boolean, not ${typeof value}`);
  }
}

/** @internal Write a configuration; what it leaves out is drawn by the daemon. */
export function configuration(params: Params): MessageInitShape<typeof ConfigurationSchema> {
  return {
    params: Object.entries(params).map(([name, value]) => ({ name, value: typed(value, name) })),
  };
}

/** @internal Take a whole number of 64 bits as either kind JavaScript has. */
export function int64(value: unknown, name: string): bigint {
  if (typeof value === "number" && Number.isInteger(value)) {
    if (Number.isSafeInteger(value)) return BigInt(value);
    throw invalid(`${name}: ${String(value)} is beyond what a number holds exactly: give a bigint`);
  }
  if (typeof value !== "bigint") throw invalid(`${name}: a whole number, not ${String(value)}`);
  if (value !== BigInt.asIntN(64, value))
    throw invalid(`${name}: ${String(value)} does not fit into 64 bits`);
  return value;
}
