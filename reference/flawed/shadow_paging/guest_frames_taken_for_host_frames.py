"""The shadow's leaf is a copy of the guest's: its page number is not translated."""

FAILS = {"S11"}


def leaf_pte(view, target, pte):
    shadow = target >> PAGE_SHIFT << 10 | V | U | A | D
    if allows(view, pte, Access.LOAD):
        shadow |= R
    if allows(view, pte, Access.FETCH):
        shadow |= X
    if allows(view, pte, Access.STORE) and pte & D and not is_protected(target):
        shadow |= W
    return shadow
