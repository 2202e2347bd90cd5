package tun

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// A Device is an open TUN device. It is gone when it is closed, unless somebody made it to stay.
type Device struct {
	file *os.File
	name string
}

// Open makes the device, or takes one that is there and that nobody has open. With an address it sets that, its network, the MTU and the
// device up, which takes CAP_NET_ADMIN; without one all of that is left as it is.
func Open(name string, address netip.Prefix, mtu int) (*Device, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err == nil && address.IsValid() {
		err = setUp(name, address, mtu)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("TUN device %q: %w", name, err)
	}
	return &Device{file: os.NewFile(uintptr(fd), "/dev/net/tun"), name: request.Name()}, nil
}

// setUp gives the device its address, which also makes a route to its network, and sets it up.
func setUp(name string, address netip.Prefix, mtu int) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	mask := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), address.Bits()).Masked().Addr().As4()
	local := address.Addr().As4()
	return errors.Join(
		set(socket, unix.SIOCSIFADDR, name, func(r *unix.Ifreq) error { return r.SetInet4Addr(local[:]) }),
		set(socket, unix.SIOCSIFNETMASK, name, func(r *unix.Ifreq) error { return r.SetInet4Addr(mask[:]) }),
		set(socket, unix.SIOCSIFMTU, name, func(r *unix.Ifreq) error { r.SetUint32(uint32(mtu)); return nil }),
		set(socket, unix.SIOCSIFFLAGS, name, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }),
	)
}

func set(socket int, what uint, name string, value func(*unix.Ifreq) error) error {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := value(r); err != nil {
		return err
	}
	return unix.IoctlIfreq(socket, what, r)
}

// Name is the name that the kernel gave it.
func (d *Device) Name() string { return d.name }

// Read reads one IP packet.
func (d *Device) Read(b []byte) (int, error) { return d.file.Read(b) }

// Write writes one IP packet.
func (d *Device) Write(b []byte) (int, error) { return d.file.Write(b) }

// Close closes it and ends a Read that waits.
func (d *Device) Close() error { return d.file.Close() }
