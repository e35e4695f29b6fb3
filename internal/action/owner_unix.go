//go:build unix

package action

import (
	"os"
	"syscall"
)

// giver gives what is written below a folder to the folder's owner: a container
// runs as root, and on a runner of one's own the next checkout must be able to
// delete it. Where it cannot, the file is good all the same.
func giver(folder *os.Root) func(root *os.Root, name string) {
	info, err := folder.Stat(".")
	if err != nil || os.Geteuid() != 0 {
		return func(*os.Root, string) {}
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return func(*os.Root, string) {}
	}
	return func(root *os.Root, name string) { _ = root.Lchown(name, int(owner.Uid), int(owner.Gid)) }
}
