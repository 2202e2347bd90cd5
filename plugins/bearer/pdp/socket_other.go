//go:build !linux

package pdp

import (
	"errors"
	"net"
	"syscall"
)

// kernelComplains says that this system does not tell what became of datagrams, so nothing is listened for.
const kernelComplains = false

const errNoNet = syscall.ENETUNREACH

func setOptions(_ int, from origin) error {
	if from.device != "" {
		return errors.New("sending from an interface works on Linux only; give the node a source")
	}
	return nil
}

func readAtOnce(*net.UDPConn, func(complaint)) {}

// listen throws away what terminals send: nothing answers a connectionless push.
func listen(conn *net.UDPConn, _ func(complaint)) {
	buf := make([]byte, 512)
	for {
		if _, _, err := conn.ReadFromUDPAddrPort(buf); errors.Is(err, net.ErrClosed) {
			return
		}
	}
}
