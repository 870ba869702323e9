/* A `.gates` file as the engine of a unit. */

#ifndef GATES_FILE_ENGINE_H
#define GATES_FILE_ENGINE_H

#include "gates.h"
#include "gates_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GATES_FILE_CLASSES = 64 }; /* names that are kept; later classes have none */

typedef struct {
    gates_model model;
    gates_engine engine;
    const char *classes[GATES_FILE_CLASSES];
} gates_file_engine;

/*
 * Open a file that lies in memory, aligned to 4 bytes, which must stay there unchanged. Not for the audio thread.
 * Returns NULL, or what is wrong with it.
 */
const char *gates_file_engine_open(gates_file_engine *f, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
