"""An attempt of WeChat's: how long it is held, with which reply it ends, whether that was taken."""
