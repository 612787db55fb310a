"""An atomic that leads to a device is carried out as a load."""

FAILS = {"V5"}


DEVICE_ROUTINES = {
    Kind.LOAD: load_from_device,
    Kind.STORE: store_to_device,
    Kind.AMO: load_from_device,
    Kind.LR: load_from_device,
}
