package smpp

import "testing"

func TestClass(t *testing.T) {
	reason := func(v uint32) func(*TLVs) error { return withUint(TagDeliveryFailureReason, v) }
	gsm := func(code uint16) func(*TLVs) error {
		return func(l *TLVs) error { l.AddNetworkError(NetworkError{NetworkGSM, code}); return nil }
	}
	type adds = []func(*TLVs) error
	for _, c := range []struct {
		name   string
		status Status
		tlvs   adds
		want   Class
	}{
		{"ok", StatusOK, nil, ClassOK},
		{"ok does not look at TLVs", StatusOK, adds{reason(2)}, ClassOK},
		{"throttled", 0x58, nil, ClassThrottled},
		{"queue full", 0x14, nil, ClassThrottled},
		{"temporary app error", 0x64, nil, ClassTemporary},
		{"system error", 0x08, nil, ClassTemporary},
		{"bad destination", 0x0B, nil, ClassPermanent},
		{"bad destination, whatever the network says", 0x0B, adds{gsm(27)}, ClassPermanent},
		{"bad TON", 0x50, nil, ClassPermanent},
		{"bad esm_class", 0x43, nil, ClassPermanent},
		{"submit failed", 0x45, nil, ClassUnclear},
		{"submit failed, absent subscriber", 0x45, adds{gsm(27)}, ClassTemporary},
		{"unknown error", 0xFF, nil, ClassUnclear},
		{"unknown error, unknown subscriber", 0xFF, adds{gsm(1)}, ClassPermanent},
		{"vendor status", 0x401, nil, ClassUnclear},
		{"reserved status", 0x300, nil, ClassUnclear},
		{"delivery failure alone (OsmoMSC)", 0xFE, nil, ClassTemporary},
		{"delivery failure, unavailable", 0xFE, adds{reason(0)}, ClassTemporary},
		{"delivery failure, unavailable since unknown", 0xFE, adds{reason(0), gsm(1)}, ClassPermanent},
		{"delivery failure, address", 0xFE, adds{reason(1)}, ClassPermanent},
		{"delivery failure, permanent", 0xFE, adds{reason(2), gsm(27)}, ClassPermanent},
		{"delivery failure, temporary", 0xFE, adds{reason(3), gsm(1)}, ClassTemporary},
		{"delivery failure, absent subscriber", 0xFE, adds{gsm(27)}, ClassTemporary},
		{"delivery failure, call barred", 0xFE, adds{gsm(13)}, ClassPermanent},
		{"delivery failure, a code not in the table", 0xFE, adds{gsm(999)}, ClassTemporary},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (Classifier{}).Class(c.status, mustTLVs(t, c.tlvs...)); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	own := Classifier{GSM: map[uint16]Class{27: ClassPermanent}}
	if got := own.Class(0xFE, mustTLVs(t, gsm(27))); got != ClassPermanent {
		t.Errorf("own table: %v", got)
	}
	if got := own.Class(0xFF, mustTLVs(t, gsm(1))); got != ClassUnclear {
		t.Errorf("own table replaces the default one: %v", got)
	}
	if got := (Classifier{}).Class(0xFE, TLVs{{TagNetworkErrorCode, []byte{1, 0, 1}}}); got != ClassTemporary {
		t.Errorf("a code of another network was read as GSM: %v", got)
	}
}

func TestStatusNames(t *testing.T) {
	for s, want := range map[Status]string{
		0: "ESME_ROK", 0x58: "ESME_RTHROTTLED", 0xFE: "ESME_RDELIVERYFAILURE", 0x112: "ESME_RINVBCASTCHANIND",
		0x400: "vendor status 0x00000400", 0x999: "status 0x00000999",
	} {
		if got := s.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(s), got, want)
		}
	}
}
