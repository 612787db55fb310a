"""Which system calls a worker may make. What stands in no list answers ENOSYS: it does not exist.

A Python program that computes needs few. A call that only an attack, or a part that does more than
its job, would make is forbidden by name, so that the student can be told what was tried.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


ALLOWED = _words("""
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek
    close close_range dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 _newselect
    stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir umask fadvise64 fsync fdatasync ftruncate
    unlink unlinkat rmdir rename renameat renameat2
    mmap munmap mprotect mremap madvise mincore brk msync
    clock_gettime clock_getres gettimeofday time times getrusage nanosleep clock_nanosleep
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait sigaltstack
    alarm setitimer getitimer pause restart_syscall
    getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups
    getpgrp getpgid getsid uname sysinfo getrlimit getpriority
    sched_yield sched_getaffinity getcpu futex rseq set_robust_list set_tid_address membarrier
    arch_prctl getrandom exit exit_group
    sendmsg
""")
"""`sendmsg` hands over the filter's own listener; later there is no socket to use it on."""

SELF_ONLY = ("kill", "tkill", "tgkill")
"""Allowed if the first argument is the process itself: `abort` ends a process that way. Not with
SIGKILL: whoever ends a worker so is not the part."""

FCNTL = {
    "F_DUPFD": 0,
    "F_GETFD": 1,
    "F_SETFD": 2,
    "F_GETFL": 3,
    "F_SETFL": 4,
    "DUPFD_CLOEXEC": 1030,
}
IOCTL = {"TCGETS": 0x5401, "TIOCGWINSZ": 0x5413, "FIONREAD": 0x541B, "FIONBIO": 0x5421}
IOCTL_CLOEXEC = {"FIONCLEX": 0x5450, "FIOCLEX": 0x5451}

O_CREAT, O_TMPFILE = 0o100, 0o20000000
O_WRONLY, O_RDWR, O_TRUNC = 0o1, 0o2, 0o1000

CREATING = ("mkdir", "mkdirat")
COUNTED = (*CREATING, "openat", "open")
"""Reported when they create something: a part must not fill the disk with small files."""

FORBIDDEN: dict[str, str] = {
    name: what
    for what, names in {
        "start a process or a thread": "clone clone3 fork vfork",
        "run another program": "execve execveat",
        "open a network or local connection": (
            "socket socketpair connect bind listen accept accept4 sendto sendmmsg recvfrom recvmsg"
            " recvmmsg shutdown getsockopt setsockopt getsockname getpeername socketcall"
        ),
        "signal another process": (
            "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"
        ),
        "look into another process": (
            "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp"
            " pidfd_open pidfd_getfd perf_event_open wait4 waitid"
        ),
        "change what a process may do": (
            "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups"
            " capset capget prctl personality seccomp setrlimit setsid setpgid setpriority"
            " sched_setaffinity sched_setattr sched_setparam sched_setscheduler ioprio_set"
            " landlock_create_ruleset landlock_add_rule landlock_restrict_self"
            " unshare setns"
        ),
        "change the file system": (
            "mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick"
            " mount_setattr swapon swapoff quotactl quotactl_fd"
            " chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown"
            " setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"
            " utime utimes utimensat futimesat truncate fallocate creat"
            " link linkat symlink symlinkat mknod mknodat flock"
        ),
        "open a file by its handle": "name_to_handle_at open_by_handle_at openat2",
        "use a kernel interface that it does not need": (
            "io_uring_setup io_uring_enter io_uring_register io_setup io_submit userfaultfd bpf"
            " keyctl add_key request_key memfd_create memfd_secret fanotify_init fanotify_mark"
            " inotify_init inotify_init1 inotify_add_watch eventfd eventfd2 signalfd signalfd4"
            " timerfd_create epoll_create epoll_create1 timer_create lookup_dcookie vmsplice"
            " splice tee sendfile copy_file_range mbind set_mempolicy migrate_pages move_pages"
            " shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semctl semtimedop"
            " mq_open mq_unlink mlock mlock2 mlockall remap_file_pages pkey_mprotect"
            " init_module finit_module delete_module kexec_load kexec_file_load reboot syslog acct"
            " sethostname setdomainname settimeofday clock_settime adjtimex clock_adjtime iopl"
            " ioperm modify_ldt vhangup nfsservctl"
        ),
    }.items()
    for name in names.split()
}
"""Name of the call to what it is for, as a student reads it."""
