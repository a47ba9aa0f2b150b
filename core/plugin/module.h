/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.h: opens one plugin file and says in words why it can not be used; shared by the room and by metergate-probe.
 */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

#define MODULE_ERROR (module_error_quark ())
GQuark module_error_quark (void);

/* Why a file is refused. Each has its remedy; the numbers travel from metergate-probe to the gateway. */
typedef enum {
    MODULE_ERROR_NAME = 1, /* of the file */
    MODULE_ERROR_FILE,     /* no plain file */
    MODULE_ERROR_MODE,     /* owner, or others may write */
    MODULE_ERROR_LOAD,     /* the dynamic linker says no */
    MODULE_ERROR_SYMBOL,   /* no mg_module */
    MODULE_ERROR_ABI,      /* built for another SDK */
    MODULE_ERROR_CONTENT,  /* its tables are wrong */
    MODULE_ERROR_FEATURE,  /* nothing in it is named like the file */
    MODULE_ERROR_TAKEN,    /* another plugin has that name or event already */
    MODULE_ERROR_PROBE,    /* the probe could not run */
    MODULE_ERROR_DIED,     /* crashed or hung at load */
    MODULE_ERROR_CRASHES,  /* crashed too often in calls */
    MODULE_ERROR_OFF,      /* a person switched it off */
    MODULE_ERROR_LAST = MODULE_ERROR_OFF
} ModuleError;

/* What a person can do about it; never NULL. */
const char *module_remedy (int code);

/* "driver-mbus.so": MG_KIND_DRIVER, "mbus" (full). */
gboolean module_parse_name (const char *file, guint32 *kind, char **feature, GError **error);

/* dlopen (RTLD_NOW | RTLD_LOCAL), mg_module, mg_module_check (), and a feature that is named like the file. NULL with
 * MODULE_ERROR; else the caller closes `handle` by dlclose (). */
const MgModule *module_open (const char *path, void **handle, GError **error);

/* One printable line of valid UTF-8, whatever a plugin or the linker said. */
char *module_one_line (const char *text); /* full */

G_END_DECLS
