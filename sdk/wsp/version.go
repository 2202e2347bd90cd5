package wsp

// Version is a WSP encoding version, high nibble major and low nibble minor. A sender may not use header codes that
// are newer than the version its peer knows (§8.4.2.70); such headers travel by name.
type Version byte

// The encoding versions. The zero Version means Version12, which is what has to be assumed of a peer without a session.
const (
	Version11 Version = 0x11
	Version12 Version = 0x12
	Version13 Version = 0x13
	Version14 Version = 0x14
	Version15 Version = 0x15
)

func (v Version) orDefault() Version {
	if v == 0 {
		return Version12
	}
	return v
}
