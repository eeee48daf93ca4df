"""People keep the registry: they load files, confirm what nobody has checked, write and publish."""
