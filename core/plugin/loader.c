/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loader.c: loads modules by libltdl, resident, so that a pointer into one never dangles. */
#include "loader.h"

#include "module.h"

#include <ltdl.h>

void loader_begin (void)
{
    static gsize done;

    if (!g_once_init_enter (&done))
        return;
    g_once_init_leave (&done, 1);
    if (lt_dlinit () != 0)
        g_warning ("plugins: libltdl: %s", lt_dlerror ());
}

#ifdef HAVE_LT_DLADVISE
static lt_dlhandle loader_open (const char *path)
{
    lt_dlhandle handle = NULL;
    lt_dladvise advise;

    if (lt_dladvise_init (&advise) != 0)
        return lt_dlopen (path);
    if (lt_dladvise_local (&advise) == 0 && lt_dladvise_resident (&advise) == 0)
        handle = lt_dlopenadvise (path, advise);
    lt_dladvise_destroy (&advise);
    return handle != NULL ? handle : lt_dlopen (path);
}
#else
static lt_dlhandle loader_open (const char *path)
{
    return lt_dlopen (path);
}
#endif

gboolean loader_keep (const char *path, const MgModule *expected, GError **error)
{
    lt_dlhandle handle = loader_open (path);

    /* A libltdl without advice makes it resident afterwards; where it can not at all, it is never closed anyway. */
    if (handle != NULL && !lt_dlisresident (handle))
        lt_dlmakeresident (handle);
    if (handle != NULL && lt_dlsym (handle, MG_MODULE_SYMBOL) == expected)
        return TRUE;
    g_set_error (error, MODULE_ERROR, MODULE_ERROR_LOAD, "libltdl: %s",
                 handle == NULL ? lt_dlerror () : "it found another " MG_MODULE_SYMBOL " than the linker");
    return FALSE;
}
