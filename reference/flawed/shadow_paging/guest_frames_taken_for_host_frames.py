"""The shadow's leaf is a copy of the guest's: its page number is not translated."""

FAILS = {
    "S1",
    "S2",
    "S3",
    "S4",
    "S5",
    "S6",
    "S7",
    "S8",
    "S9",
    "S10",
    "S11",
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    "S18",
}


def leaf_pte(view, target, pte):
    shadow = target >> PAGE_SHIFT << 10 | V | U | A | D
    if allows(view, pte, Access.LOAD):
        shadow |= R
    if allows(view, pte, Access.FETCH):
        shadow |= X
    if allows(view, pte, Access.STORE) and pte & D and not is_protected(target):
        shadow |= W
    return shadow
