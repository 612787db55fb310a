"""A leaf gets W as soon as the guest's entry has it, whatever D says."""

FAILS = {"S6", "S7", "S8", "S17"}


def leaf_pte(view, target, pte):
    shadow = frame_of(target) << 10 | V | U | A | D
    if allows(view, pte, Access.LOAD):
        shadow |= R
    if allows(view, pte, Access.FETCH):
        shadow |= X
    if allows(view, pte, Access.STORE) and not is_protected(target):
        shadow |= W
    return shadow
