"""A virtual return goes to epc, but leaves mode and stack alone."""

FAILS = {"T18", "T20", "T21", "T22"}


def emulate_sret(vcpu, bits):
    sret(vcpu.copy())
    vcpu.pc = vcpu.sepc
    return RESUME


def emulate_mret(vcpu, bits):
    mret(vcpu.copy())
    vcpu.pc = vcpu.mepc
    return RESUME
