"""The filter of system calls that `confine` installs: what no exercise needs is refused.

The kernel's interface is large, and each entry below is a way out, a way to slow down neighbours, memory that no limit
counts, or a channel between submissions that are graded side by side. It covers what Docker and systemd refuse in
their default profiles (https://github.com/moby/profiles, ``@system-service`` of systemd.exec).
"""

import struct

# Numbers of linux/audit.h and of each architecture's unistd.h, in the order of `ARCHITECTURES`.
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
REFUSED = {
    # namespaces and mounts
    **{"unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41)},
    **{"chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430)},
    **{"fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442)},
    # the machine itself
    **{"init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "create_module": (174,)},
    **{"get_kernel_syms": (177,), "query_module": (178,), "kexec_load": (246, 104), "kexec_file_load": (320, 294)},
    **{"reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60)},
    **{"quotactl_fd": (443, 443), "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171)},
    **{"clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58)},
    **{"syslog": (103, 116), "sync": (162, 81), "syncfs": (306, 267), "iopl": (172,), "ioperm": (173,)},
    # other processes
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272)},
    **{"pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "process_madvise": (440, 440)},
    **{"process_mrelease": (448, 448), "perf_event_open": (298, 241), "userfaultfd": (323, 282)},
    # a larger share of the processors: another one, another priority, a group of its own for the scheduler
    **{"sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118)},
    **{"sched_setattr": (314, 274), "setpriority": (141, 140), "ioprio_set": (251, 30)},
    **{"setsid": (112, 157), "setpgid": (109, 154), "mbind": (237, 235), "set_mempolicy": (238, 237)},
    **{"get_mempolicy": (239, 236), "migrate_pages": (256, 238), "move_pages": (279, 239)},
    # memory that outlives a process or that no limit counts
    **{"memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196)},
    **{"shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187)},
    **{"semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191), "mq_open": (240, 180)},
    **{"mq_unlink": (241, 181), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    **{"splice": (275, 76), "tee": (276, 77), "vmsplice": (278, 75), "io_setup": (206, 0)},
    # disk in no time, and waits for the disk that no signal ends
    **{"fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83), "sync_file_range": (277, 84)},
    **{"remap_file_pages": (216, 234), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7)},
    # messages by way of files that all may read: locks, and notices of what opens them
    **{"flock": (73, 32), "inotify_init": (253,), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27)},
    **{"fanotify_init": (300, 262), "fanotify_mark": (301, 263)},
    # and by which of their pages are in memory
    **{"fadvise64": (221, 223), "readahead": (187, 213), "preadv2": (327, 286), "mincore": (27, 232)},
    # the network, and kernel interfaces with a long history of holes
    **{"socket": (41, 198), "socketpair": (53, 199), "bpf": (321, 280), "io_uring_setup": (425, 425)},
    **{"io_uring_enter": (426, 426), "io_uring_register": (427, 427), "name_to_handle_at": (303, 264)},
    **{"open_by_handle_at": (304, 265), "seccomp": (317, 277), "personality": (135, 92), "modify_ldt": (154,)},
    **{"landlock_create_ruleset": (444, 444), "nfsservctl": (180, 42), "lookup_dcookie": (212, 18)},
    **{"uselib": (134,), "ustat": (136,), "sysfs": (139,), "_sysctl": (156,)},
}
# What takes a file's name away, or makes one without a name, for sandboxes that can count only files with names.
REMOVING = {
    **{"unlink": (87,), "unlinkat": (263, 35), "rename": (82,), "renameat": (264, 38), "renameat2": (316, 276)},
    **{"openat2": (437, 437)},
}
_OPEN, _OPENAT, _TMPFILE = (2,), (257, 56), 0x400000  # __O_TMPFILE
_CLONE3 = 435, 435
# Linux 5.16 had none from here on; what came later is not judged here. x32, a second table, begins at 0x40000000.
_UNKNOWN = 450

# Of these, some uses are refused: by a bit of an argument that is not to be set, or by its value.
_CLONE, _NEW_NAMESPACE = (56, 220), 0x7E020080  # all CLONE_NEW* flags
# CLONE_VFORK with CLONE_THREAD or CLONE_PARENT: to wait as if for a disk, for a sleeper that is no child.
_VFORK, _NO_CHILD = 0x4000, 0x18000
# MAP_SHARED and MAP_HUGETLB: pages that stay when a process no longer maps them, and that it is not charged for.
_MMAP, _UNCOUNTED = (9, 222), 0x40001
# PR_SET_PDEATHSIG, by which a worker ends with its grader, and PR_SET_SECCOMP.
_PRCTL, _KEPT = (157, 167), (1, 22)
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL and F_DUPFD_CLOEXEC are allowed; locks, leases and larger pipes are not.
_FCNTL, _DESCRIPTOR_COMMANDS, _DUPFD_CLOEXEC = (72, 25), 5, 1030

_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def seccomp_filter(machine, removing=True):
    """The filter as bytes of ``struct sock_filter``; None for an architecture that has no table here.

    Parameters
    ----------
    machine : str
        As from `platform.machine`.
    removing : bool
        Whether files may lose their names. A file without a name that is still open or mapped takes up the disk, and
        stands in no folder.
    """
    if machine not in ARCHITECTURES:
        return None
    column, audit = ARCHITECTURES[machine]
    refuse, allow = (_ANSWER, 0, 0, _EPERM), (_ANSWER, 0, 0, _ALLOW)
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_ANSWER, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    program += [(_AT_LEAST, 0, 1, _UNKNOWN), (_ANSWER, 0, 0, _ENOSYS)]
    for numbers in (REFUSED if removing else REFUSED | REMOVING).values():
        if column < len(numbers):
            program += [(_EQUAL, 0, 1, numbers[column]), refuse]
    # clone3 hides its flags in memory, where a filter cannot look; without it the C library uses clone.
    program += [(_EQUAL, 0, 1, _CLONE3[column]), (_ANSWER, 0, 0, _ENOSYS)]
    hidden_sleeper = [(_ANY_OF, 0, 2, _VFORK), (_ANY_OF, 0, 1, _NO_CHILD), refuse]
    for number, argument, tests in (
        *(() if removing else ((_OPEN, 1, [(_ANY_OF, 0, 1, _TMPFILE), refuse]),)),
        *(() if removing else ((_OPENAT, 2, [(_ANY_OF, 0, 1, _TMPFILE), refuse]),)),
        (_CLONE, 0, [(_ANY_OF, 0, 1, _NEW_NAMESPACE), refuse, *hidden_sleeper]),
        (_MMAP, 3, [(_ANY_OF, 0, 1, _UNCOUNTED), refuse]),
        (_PRCTL, 0, [step for option in _KEPT for step in ((_EQUAL, 0, 1, option), refuse)]),
        (_FCNTL, 1, [(_AT_LEAST, 0, 2, _DESCRIPTOR_COMMANDS), (_EQUAL, 1, 0, _DUPFD_CLOEXEC), refuse]),
    ):
        steps = [(_LOAD, 0, 0, 16 + 8 * argument), *tests, allow]
        if column < len(number):
            program += [(_EQUAL, 0, len(steps), number[column]), *steps]
    return b"".join(struct.pack("=HBBI", *step) for step in [*program, allow])
