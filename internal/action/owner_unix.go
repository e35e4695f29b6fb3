//go:build unix

package action

import (
	"os"
	"syscall"
)

// giver gives files below a folder to the folder's owner. The container runs as root,
// and on a self-hosted runner the next checkout has to be able to delete the files. If
// that fails, the files stay as they are.
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
