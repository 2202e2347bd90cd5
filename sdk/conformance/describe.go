package conformance

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var describeCases = []testCase{
	{"describe/stable", "Info is called before any configuration is known and always answers the same.", describeStable},
	{"describe/complete", "Info names the kind, name and version, and documents every key; what its kind must declare is declared.", describeComplete},
}

func describeStable(t testing.TB, s *subject) {
	c := s.serve(t)
	first, err := c.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	second, err := c.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("Info changed from %+v to %+v", first, second)
	}
	if other := s.new().Info(); !reflect.DeepEqual(first, sent(other)) {
		t.Errorf("another instance answers %+v, not %+v", other, first)
	}
}

// sent is what becomes of an Info over RPC, where empty lists are nil.
func sent(i plugin.Info) plugin.Info {
	v := reflect.ValueOf(&i).Elem()
	for n := range v.NumField() {
		if f := v.Field(n); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	return i
}

func describeComplete(t testing.TB, s *subject) {
	i := s.new().Info()
	want := s.kind
	if i.Kind != want {
		t.Errorf("Kind is %q, but it is served as %q", i.Kind, want)
	}
	if i.Name == "" || strings.Trim(i.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		t.Errorf("Name is %q; lower case letters, digits and hyphens are wanted", i.Name)
	}
	if i.Version == "" {
		t.Error("Version is empty")
	}
	for _, k := range i.Keys {
		if k.Name == "" || k.Type == "" || k.Doc == "" || strings.Contains(k.Doc, "\n") {
			t.Errorf("key %q needs a name, a type and one line of documentation: %+v", k.Name, k)
		}
		if k.Required && k.Default != "" {
			t.Errorf("key %q is required and has a default", k.Name)
		}
	}
	switch want {
	case plugin.KindEncoder:
		if len(i.Takes) == 0 || len(i.Makes) == 0 {
			t.Errorf("an encoder declares what it takes and makes, not %q and %q", i.Takes, i.Makes)
		}
		for _, m := range append(slices.Clone(i.Takes), i.Makes...) {
			if m != strings.ToLower(m) || !strings.Contains(m, "/") || strings.Contains(m, ";") {
				t.Errorf("%q is no media type in lower case without parameters", m)
			}
		}
		for _, in := range i.Inputs {
			switch in {
			case push.InputIMSI, push.InputMSISDN, push.InputCapabilities, push.InputParameters:
			default:
				t.Errorf("the gateway knows no input %q", in)
			}
		}
	case plugin.KindBearer:
		if len(i.AddressTypes) == 0 {
			t.Error("a bearer declares the types of addresses it can send to")
		}
		for _, a := range i.AddressTypes {
			switch a {
			case push.PLMN, push.IPv4, push.IPv6, push.USER:
			default:
				t.Errorf("the gateway knows no address type %q", a)
			}
		}
	}
}
