"""The S-mode timer comes before the S-mode software interrupt."""

FAILS = {"T5", "T13", "T22"}


PRIORITY = (Irq.MEI, Irq.MSI, Irq.MTI, Irq.SEI, Irq.STI, Irq.SSI)
