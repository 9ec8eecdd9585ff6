#include "CApusLinux.h"
