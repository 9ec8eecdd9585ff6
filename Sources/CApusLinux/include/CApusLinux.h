// CApusLinux: what Swift cannot import by itself. Static-inline forwards and constants, no logic.
#ifndef CAPUSLINUX_H
#define CAPUSLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <liburing.h>

#endif
