package ashad

import (
	"fmt"

	pb "ashad.dev/client/go/ashadpb"
)

// Params is a configuration: int64, float64, string or bool by name, in the order of the space.
type Params struct {
	names  []string
	values map[string]any
}

// Names returns the names, in the order of the space.
func (p Params) Names() []string { return append([]string(nil), p.names...) }

// Get returns a value in its own type, and whether there is one.
func (p Params) Get(name string) (any, bool) {
	value, ok := p.values[name]
	return value, ok
}

// Int returns a whole number, all 64 bits of it. It panics where there is none of that name and
// type: the space of the study and the program do not belong together.
func (p Params) Int(name string) int64 { return typed[int64](p, name) }

// Float returns a number; a whole one as well. It panics like Int.
func (p Params) Float(name string) float64 {
	if whole, ok := p.values[name].(int64); ok {
		return float64(whole)
	}
	return typed[float64](p, name)
}

// String returns a text. It panics like Int.
func (p Params) String(name string) string { return typed[string](p, name) }

// Bool returns a truth value. It panics like Int.
func (p Params) Bool(name string) bool { return typed[bool](p, name) }

func typed[T any](p Params, name string) T {
	value, ok := p.values[name].(T)
	if !ok {
		panic(fmt.Sprintf("ashad: param %q is %#v, not %T", name, p.values[name], *new(T)))
	}
	return value
}

func paramsOf(found []*pb.Parameter) (Params, error) {
	made := Params{values: map[string]any{}}
	for _, one := range found {
		made.names = append(made.names, one.GetName())
		switch kind := one.GetValue().GetKind().(type) {
		case *pb.ParameterValue_IntValue:
			made.values[one.GetName()] = kind.IntValue
		case *pb.ParameterValue_DoubleValue:
			made.values[one.GetName()] = kind.DoubleValue
		case *pb.ParameterValue_StringValue:
			made.values[one.GetName()] = kind.StringValue
		case *pb.ParameterValue_BoolValue:
			made.values[one.GetName()] = kind.BoolValue
		default:
			return made, invalid("the daemon sent a parameter of a kind this client does not know: upgrade it")
		}
	}
	return made, nil
}

// parameters writes a configuration.
func parameters(params map[string]any) ([]*pb.Parameter, error) {
	var made []*pb.Parameter
	for name, value := range params {
		typed, err := Value(value)
		if err != nil {
			return nil, invalid(name + ": " + err.(*Error).Message)
		}
		made = append(made, &pb.Parameter{Name: name, Value: typed})
	}
	return made, nil
}

// Value makes the contract's value of an int, int64, float64, string or bool.
func Value(value any) (*pb.ParameterValue, error) {
	switch v := value.(type) {
	case int:
		return &pb.ParameterValue{Kind: &pb.ParameterValue_IntValue{IntValue: int64(v)}}, nil
	case int64:
		return &pb.ParameterValue{Kind: &pb.ParameterValue_IntValue{IntValue: v}}, nil
	case float64:
		return &pb.ParameterValue{Kind: &pb.ParameterValue_DoubleValue{DoubleValue: v}}, nil
	case string:
		return &pb.ParameterValue{Kind: &pb.ParameterValue_StringValue{StringValue: v}}, nil
	case bool:
		return &pb.ParameterValue{Kind: &pb.ParameterValue_BoolValue{BoolValue: v}}, nil
	}
	return nil, invalid(fmt.Sprintf("a parameter is an int, int64, float64, string or bool, not %T", value))
}
