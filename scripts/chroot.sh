# Slurm of another release of Debian in a chroot, for scripts/local-slurm; sourced, not run.
# shellcheck shell=bash
#
# The chroot lies in the cache folder and has Debian's files alone. What else is
# visible in it (temporary folders, homes, the work tree, /proc, ...) is mounted
# in mount namespaces of processes, never in the one that all share: whoever
# deletes the chroot from outside deletes nothing else, even while it is in use.
#
# The caller sets dir, release and caller (its working folder).
# shellcheck disable=SC2154

# shellcheck disable=SC2034 # for the caller
releases=(bookworm trixie sid)
commands=(sbatch srun squeue sacct scancel scontrol sacctmgr sinfo)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gainsweep/slurm
# Raise it when a chroot that exists must be made again.
chroot_format=1

chroot_folder() { echo "$cache/$release"; }
chroot_mark="of gainsweep's local-slurm, format $chroot_format"
has_chroot() { [ "$(cat "$(chroot_folder)/local-slurm" 2>/dev/null)" = "$chroot_mark" ]; }
# Does this script run in a chroot?
is_inside() { [ -e /local-slurm ]; }

# may_chroot: whether this process may make mount namespaces and chroots.
may_chroot() {
    [ "$EUID" -eq 0 ] && unshare --mount --propagation slave mount --bind / / 2>/dev/null &&
        chroot / true 2>/dev/null
}

# The mirror that this machine's apt uses for Debian; nothing if it is not Debian.
mirror() {
    # shellcheck disable=SC2016 # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }'
}

# make_chroot PACKAGE...: with these packages, unless it is there.
make_chroot() {
    local root packages keep excluded=() path
    root=$(chroot_folder)
    packages=$(IFS=,; echo "$*")
    want mmdebstrap "as root: apt-get install mmdebstrap"
    mkdir -p "$cache"
    exec 9>>"$root.lock"
    flock -w 900 9 || die "another command has been busy with $root for 15 minutes" "wait for it to end, or end it"
    if has_chroot; then return; fi
    for path in doc info locale man; do excluded+=(--dpkgopt="path-exclude=/usr/share/$path/*"); done
    keep=$(mirror)
    rm -rf "$root.new"
    # A mirror may be a snapshot of long ago. Its signatures are checked.
    # shellcheck disable=SC2086 # no mirror is no argument
    mmdebstrap --mode=root --variant=essential --include="$packages" --quiet \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt=force-unsafe-io "${excluded[@]}" "$release" "$root.new" $keep ||
        die "Debian's $release could not be installed into $root.new (message above)" "fix it, then run this again"
    touch "$root.new/etc/localtime" "$root.new/etc/hosts"
    echo "$chroot_mark" >"$root.new/local-slurm"
    rm -rf "$root"
    mv "$root.new" "$root"
    exec 9>&-
}

# shared_paths: what of this machine is visible in a chroot: all folders but the system's own.
shared_paths() {
    local path
    for path in /*; do
        case "$path" in
            /bin | /boot | /dev | /etc | /lib* | /lost+found | /proc | /run | /sbin | /sys | /usr | /var) ;;
            *) [ ! -d "$path" ] || echo "$path" ;;
        esac
    done
    for path in /var/tmp "$PWD" "$dir" "$caller" "${TMPDIR-}" "${CARGO_TARGET_DIR-}" "$HOME"; do
        case "$path" in
            /var/* | /run/* | /usr/*/*) [ ! -d "$path" ] || realpath "$path" ;;
        esac
    done
}

# enter COMMAND...: becomes COMMAND in the chroot, in the same folder, with the same environment.
enter() {
    local root shared
    root=$(chroot_folder)
    mapfile -t shared < <(shared_paths)
    # A mount needs a folder to stand on, which may stay behind, empty.
    (cd "$root" && mkdir -p "${shared[@]/#/.}")
    # shellcheck disable=SC2016 # for the inner shell
    exec unshare --mount --propagation slave bash -c '
        set -e
        root=$1 folder=$2
        shift 2
        for name in proc dev sys; do mount --rbind "/$name" "$root/$name"; done
        for name in hosts localtime; do
            [ ! -e "/etc/$name" ] || mount --bind "/etc/$name" "$root/etc/$name"
        done
        while [ "$1" != -- ]; do
            mount --rbind "$1" "$root$1"
            shift
        done
        shift
        [ -d "$root$folder" ] || folder=/
        exec chroot "$root" /usr/bin/env --chdir="$folder" "$@"
    ' enter "$root" "$caller" "${shared[@]}" -- "$@"
}

# write_wrappers: Slurm's commands for those outside, in $dir/bin. They join the
# namespace of a daemon that lives as long as the cluster.
write_wrappers() {
    local name script
    printf -v script %q "$PWD/scripts/local-slurm"
    mkdir -p "$dir/bin"
    for name in "${commands[@]}"; do
        cat >"$dir/bin/$name.new" <<END
#!/bin/bash
# $name of Slurm in Debian's $release. Written by scripts/local-slurm.
if [ "\${SLURM_CONF-}" != $SLURM_CONF ]; then
    echo "error: SLURM_CONF is not that of the cluster in $dir" >&2
    exit 1
fi
{ read -r pid began <$dir/run/munged && read -ra stat <"/proc/\$pid/stat"; } 2>/dev/null
if [ -z "\${began-}" ] || [ "\${stat[21]-}" != "\$began" ]; then
    exec bash $script --dir $dir exec /usr/bin/$name "\$@"
fi
folder=\$PWD
[ -d "/proc/\$pid/root\$folder" ] || folder=/
exec nsenter --target="\$pid" --mount --root --wdns="\$folder" /usr/bin/$name "\$@"
END
        chmod 755 "$dir/bin/$name.new"
        mv "$dir/bin/$name.new" "$dir/bin/$name"
    done
}
