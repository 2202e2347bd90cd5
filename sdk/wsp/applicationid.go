package wsp

import (
	"fmt"
	"strconv"
	"strings"
)

// applicationPrefix may be left out of the identifiers that begin with it.
const applicationPrefix = "x-wap-application:"

// defaultApplication is what a push is for that names no application (WAP-251 §6.2.2.1).
const defaultApplication = 0x02

type application struct {
	code uint16
	uri  string
}

func applicationByCode(code uint64) (string, bool) {
	for _, a := range applications {
		if uint64(a.code) == code {
			return a.uri, true
		}
	}
	return "", false
}

func applicationByURI(uri string) (uint64, bool) {
	for _, a := range applications {
		if strings.EqualFold(a.uri, uri) {
			return uint64(a.code), true
		}
		if short, ok := strings.CutPrefix(a.uri, applicationPrefix); ok && strings.EqualFold(short, uri) {
			return uint64(a.code), true
		}
	}
	return 0, false
}

// applicationID is the meaning of an X-Wap-Application-Id value: a number, or the URI if it has none.
type applicationID struct {
	uri   string
	code  uint64
	coded bool
}

// parseApplicationID reads "URI", "URI;app-encoding=NUMBER" (WAP-251 §6.2.2.1) and a bare assigned number, decimal or
// 0x hexadecimal. The assigned number of a known URI outranks app-encoding, and an app-encoding that is assigned to another
// URI is an error: who may push to one application must not reach another by that way.
func parseApplicationID(value string) (applicationID, error) {
	uri, parameters, _ := strings.Cut(value, ";")
	uri = strings.TrimSpace(uri)
	if code, ok := applicationByURI(uri); ok {
		return applicationID{uri: uri, code: code, coded: true}, nil
	}
	if code, err := parseCode(uri); err == nil {
		return applicationID{uri: uri, code: code, coded: true}, nil
	}
	if err := checkText(uri); err != nil {
		return applicationID{}, err
	}
	if uri == "" {
		return applicationID{}, fmt.Errorf("no application in %q", value)
	}
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, number, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "app-encoding") {
			continue
		}
		code, err := parseCode(strings.Trim(strings.TrimSpace(number), `"`))
		if err != nil {
			return applicationID{}, fmt.Errorf("app-encoding in %q is not a number up to 0xFFFFFFFF", value)
		}
		if owner, ok := applicationByCode(code); ok {
			return applicationID{}, fmt.Errorf("app-encoding in %q is the number of %s", value, owner)
		}
		return applicationID{uri: uri, code: code, coded: true}, nil
	}
	return applicationID{uri: uri}, nil
}

// ApplicationURI gives the URI that an X-Wap-Application-Id value stands for, in the spelling of the assigned name, so that
// rights and policies see one name for "mms.ua", "4" and "x-wap-application:mms.ua". An assigned number that is not known
// here stays a number.
func ApplicationURI(value string) (string, error) {
	id, err := parseApplicationID(value)
	if err != nil {
		return "", fmt.Errorf("wsp: X-Wap-Application-Id: %w", err)
	}
	if uri, ok := applicationByCode(id.code); ok && id.coded {
		return uri, nil
	}
	return id.uri, nil
}

// parseCode reads decimal digits, or hexadecimal ones if 0x stands before them or a letter among them.
func parseCode(s string) (uint64, error) {
	if digits, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return strconv.ParseUint(digits, 16, 32)
	}
	if s != "" && s[0] >= '0' && s[0] <= '9' && strings.ContainsAny(strings.ToLower(s), "abcdef") {
		return strconv.ParseUint(s, 16, 32)
	}
	return strconv.ParseUint(s, 10, 32)
}

// applications are the assigned push application ids.
var applications = []application{
	{0x00, "*"},
	{0x01, "x-wap-application:push.sia"},
	{0x02, "x-wap-application:wml.ua"},
	{0x03, "x-wap-application:wta.ua"},
	{0x04, "x-wap-application:mms.ua"},
	{0x05, "x-wap-application:push.syncml"},
	{0x06, "x-wap-application:loc.ua"},
	{0x07, "x-wap-application:syncml.dm"},
	{0x08, "x-wap-application:drm.ua"},
	{0x09, "x-wap-application:emn.ua"},
	{0x0A, "x-wap-application:wv.ua"},
	{0x10, "x-oma-application:ulp.ua"},
	{0x11, "x-oma-application:dlota.ua"},
	{0x12, "x-oma-application:java-ams"},
	{0x13, "x-oma-application:bcast.ua"},
	{0x14, "x-oma-application:dpe.ua"},
	{0x15, "x-oma-application:cpm:ua"},
	{0x16, "x-oma-application:evvm.ua"},
	{0x8000, "x-wap-microsoft:localcontent.ua"},
	{0x8001, "x-wap-microsoft:IMclient.ua"},
	{0x8002, "x-wap-docomo:imode.mail.ua"},
	{0x8003, "x-wap-docomo:imode.mr.ua"},
	{0x8004, "x-wap-docomo:imode.mf.ua"},
	{0x8005, "x-motorola:location.ua"},
	{0x8006, "x-motorola:now.ua"},
	{0x8007, "x-motorola:otaprov.ua"},
	{0x8008, "x-motorola:browser.ua"},
	{0x8009, "x-motorola:splash.ua"},
	{0x800B, "x-wap-nai:mvsw.command"},
	{0x8010, "x-wap-openwave:iota.ua"},
	{0x9000, "x-wap-docomo:imode.mail2.ua"},
	{0x9001, "x-oma-nec:otaprov.ua"},
	{0x9002, "x-oma-nokia:call.ua"},
	{0x9003, "x-oma-coremobility:sqa.ua"},
	{0x9004, "x-oma-docomo:doja.jam.ua"},
	{0x9010, "x-oma-nokia:sip.ua"},
	{0x9011, "x-oma-vodafone:otaprov.ua"},
	{0x9021, "x-3gpp2:lcs.ua"},
	{0x9023, "x-3gpp:mbms.service.announcement.ua"},
	{0x9045, "x-3gpp:mbms.download.delivery.ua"},
	{0x904B, "x-wap-application:push.sia"},
	{0x905B, "x-oma-application:scidm.ua"},
	{0x905D, "x-oma-application:pal.ua"},
	{0x9065, "x-oma-application:push.scws"},
	{0x9071, "x-wap-3gpp:gba.andsf"},
}
