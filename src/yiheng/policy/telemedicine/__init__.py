"""Remote consultation (远程会诊): how long each kind may take; dated, with its source or whose choice it is."""
