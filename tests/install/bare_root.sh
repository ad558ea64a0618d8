#!/bin/sh
# Shows that a bare Debian is enough: makes one, copies the last commit in and runs ./norma there.
# Usage, as root, with debootstrap installed:
#   tests/install/bare_root.sh SUITE VERB...     bare_root.sh bookworm demo test
# The root stays in $TMPDIR/norma-SUITE to be looked at; the next run makes it anew.

set -eu
[ $# -ge 2 ] || {
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
}
suite=$1
shift
root=${TMPDIR:-/tmp}/norma-$suite
sources=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

rm -rf --one-file-system "$root"
debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"}
mkdir "$root/norma"
git -C "$sources" archive HEAD | tar -x -C "$root/norma"

# /proc and /dev are mounted in a namespace of their own, and so vanish with the shell.
unshare --mount --pid --fork sh -eu -s "$root" "$@" <<'END'
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for verb; do
  start=$(date +%s)
  chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin /norma/norma "$verb" </dev/null
  echo "bare_root: ./norma $verb took $(($(date +%s) - start)) s"
done
END
