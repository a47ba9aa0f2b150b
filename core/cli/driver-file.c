/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver-file.c: opens a driver plugin for its decode (); the daemon's loader is not for this program. */
#include "cli.h"

#include <dlfcn.h>

static gboolean name_is_safe (const char *protocol)
{
    for (const char *c = protocol; *c != '\0'; c++)
        if (!g_ascii_isalnum (*c) && *c != '-')
            return FALSE;
    return *protocol != '\0';
}

/* DIR/driver-mbus.so as installed, DIR/input/mbus/driver-mbus.so as built */
static char *find_in (const char *dir, const char *protocol)
{
    g_autofree char *file = g_strdup_printf ("driver-%s.so", protocol);
    char *path = g_build_filename (dir, file, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return path;
    g_free (path);
    path = g_build_filename (dir, "input", protocol, file, NULL);
    if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return path;
    g_free (path);
    return NULL;
}

static char *find_beside_program (const char *protocol)
{
    g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
    g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;
    g_autofree char *plugins = folder != NULL ? g_build_filename (folder, "..", "..", "plugins", NULL) : NULL;

    return plugins != NULL ? find_in (plugins, protocol) : NULL;
}

static char *find_driver (const char *protocol, const char *plugin_dir)
{
    const char *from_environment = g_getenv ("METERGATE_PLUGIN_DIR");
    char *path = NULL;

    if (plugin_dir != NULL)
        return find_in (plugin_dir, protocol);
    if (from_environment != NULL)
        path = find_in (from_environment, protocol);
    if (path == NULL)
        path = find_beside_program (protocol);
    return path != NULL ? path : find_in (PLUGIN_DIR, protocol);
}

static const MgDriverOps *driver_of (const MgModule *module, const char *protocol)
{
    for (guint i = 0; i < module->features.n_items; i++) {
        const MgFeature *feature =
            (const MgFeature *) ((const char *) module->features.items + i * module->features.item_size);
        const MgDriverOps *ops = feature->ops;

        if (feature->kind == MG_KIND_DRIVER && g_strcmp0 (feature->name, protocol) == 0 &&
            ops->struct_size >= G_STRUCT_OFFSET (MgDriverOps, decode) + sizeof ops->decode && ops->decode != NULL)
            return ops;
    }
    return NULL;
}

const MgDriverOps *cli_open_driver (const char *protocol, const char *plugin_dir, GError **error)
{
    g_autofree char *path = NULL;
    const MgDriverOps *ops;
    const MgModule *module;
    void *file;

    if (!name_is_safe (protocol)) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "protocol '%s': expected a name of letters, digits and '-'",
                     protocol);
        return NULL;
    }
    path = find_driver (protocol, plugin_dir);
    if (path == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "protocol '%s': no driver-%s.so in %s", protocol, protocol,
                     plugin_dir != NULL ? plugin_dir : PLUGIN_DIR);
        return NULL;
    }
    file = dlopen (path, RTLD_NOW | RTLD_LOCAL);
    module = file != NULL ? dlsym (file, MG_MODULE_SYMBOL) : NULL;
    if (module == NULL) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "plugin %s: %s", path, dlerror ());
        return NULL;
    }
    if (module->abi_major != MG_ABI_MAJOR || module->abi_minor != MG_ABI_MINOR) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "plugin %s: built for ABI %u.%u, expected %u.%u", path,
                     module->abi_major, module->abi_minor, MG_ABI_MAJOR, MG_ABI_MINOR);
        return NULL;
    }
    ops = driver_of (module, protocol);
    if (ops == NULL)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "plugin %s: has no driver '%s' that can decode", path, protocol);
    return ops;
}
