package push

import "testing"

func TestMediaType(t *testing.T) {
	tests := []struct{ contentType, want string }{
		{"text/vnd.wap.si", "text/vnd.wap.si"},
		{"text/vnd.wap.si; charset=utf-8", "text/vnd.wap.si"},
		{" Text/VND.wap.SI ;charset=\"a;b\"", "text/vnd.wap.si"},
		{"text/vnd.wap.si;", "text/vnd.wap.si"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := (Message{ContentType: tt.contentType}).MediaType(); got != tt.want {
			t.Errorf("the media type of %q is %q, want %q", tt.contentType, got, tt.want)
		}
	}
}

func TestApplicationID(t *testing.T) {
	tests := []struct{ value, want string }{
		{"", DefaultApplicationID},
		{"x-wap-application:mms.ua", "x-wap-application:mms.ua"},
		{" http://www.wiral.com:wml.ua;app-encoding=0x8001", "http://www.wiral.com:wml.ua"},
		{";app-encoding=2", DefaultApplicationID},
	}
	for _, tt := range tests {
		m := Message{Headers: []Header{{Name: "x-wap-application-ID", Value: tt.value}}}
		if got := m.ApplicationID(); got != tt.want {
			t.Errorf("X-Wap-Application-Id %q means %q, want %q", tt.value, got, tt.want)
		}
	}
}
