/* A stand-in: what is used of it stands in prussdrv.h. */
#include <prussdrv.h>
