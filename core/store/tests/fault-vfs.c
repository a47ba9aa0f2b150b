/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault-vfs.c: a layer below SQLite that lets writes and syncs fail, for tests. */
#include "fault-vfs.h"

#include <string.h>

typedef struct {
    sqlite3_file file;  /* what SQLite sees */
    sqlite3_file *real; /* stands behind this struct */
} FaultFile;

static sqlite3_vfs *real_vfs;
static guint first, last, count, failures; /* atomic */
static int failure;                        /* atomic */

static sqlite3_file *fault_real (sqlite3_file *file)
{
    return ((FaultFile *) file)->real;
}

/* SQLITE_OK, or the failure whose turn it is. */
static int fault_next (int kind)
{
    guint from = g_atomic_int_get (&first), number;
    int code = g_atomic_int_get (&failure);

    if (from == 0)
        return SQLITE_OK;
    number = (guint) g_atomic_int_add (&count, 1) + 1;
    if (number < from || number > (guint) g_atomic_int_get (&last))
        return SQLITE_OK;
    g_atomic_int_inc (&failures);
    return (code & 0xFF) == SQLITE_IOERR ? kind : code;
}

static int fault_close (sqlite3_file *file)
{
    return fault_real (file)->pMethods->xClose (fault_real (file));
}

static int fault_read (sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return fault_real (file)->pMethods->xRead (fault_real (file), to, n, at);
}

static int fault_write (sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    int code = fault_next (SQLITE_IOERR_WRITE);

    return code != SQLITE_OK ? code : fault_real (file)->pMethods->xWrite (fault_real (file), from, n, at);
}

static int fault_truncate (sqlite3_file *file, sqlite3_int64 size)
{
    return fault_real (file)->pMethods->xTruncate (fault_real (file), size);
}

static int fault_sync (sqlite3_file *file, int flags)
{
    int code = fault_next (SQLITE_IOERR_FSYNC);

    return code != SQLITE_OK ? code : fault_real (file)->pMethods->xSync (fault_real (file), flags);
}

static int fault_file_size (sqlite3_file *file, sqlite3_int64 *size)
{
    return fault_real (file)->pMethods->xFileSize (fault_real (file), size);
}

static int fault_lock (sqlite3_file *file, int level)
{
    return fault_real (file)->pMethods->xLock (fault_real (file), level);
}

static int fault_unlock (sqlite3_file *file, int level)
{
    return fault_real (file)->pMethods->xUnlock (fault_real (file), level);
}

static int fault_check_reserved_lock (sqlite3_file *file, int *out)
{
    return fault_real (file)->pMethods->xCheckReservedLock (fault_real (file), out);
}

static int fault_file_control (sqlite3_file *file, int op, void *arg)
{
    return fault_real (file)->pMethods->xFileControl (fault_real (file), op, arg);
}

static int fault_sector_size (sqlite3_file *file)
{
    return fault_real (file)->pMethods->xSectorSize (fault_real (file));
}

static int fault_characteristics (sqlite3_file *file)
{
    return fault_real (file)->pMethods->xDeviceCharacteristics (fault_real (file));
}

static int fault_shm_map (sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return fault_real (file)->pMethods->xShmMap (fault_real (file), page, size, extend, out);
}

static int fault_shm_lock (sqlite3_file *file, int offset, int n, int flags)
{
    return fault_real (file)->pMethods->xShmLock (fault_real (file), offset, n, flags);
}

static void fault_shm_barrier (sqlite3_file *file)
{
    fault_real (file)->pMethods->xShmBarrier (fault_real (file));
}

static int fault_shm_unmap (sqlite3_file *file, int remove)
{
    return fault_real (file)->pMethods->xShmUnmap (fault_real (file), remove);
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_file_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_reserved_lock,
    .xFileControl = fault_file_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_characteristics,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static int fault_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    FaultFile *f = (FaultFile *) file;
    int code;

    memset (f, 0, sizeof *f);
    f->real = (sqlite3_file *) (f + 1);
    code = real_vfs->xOpen (real_vfs, name, f->real, flags, out_flags);
    if (f->real->pMethods != NULL)
        f->file.pMethods = &fault_methods;
    return code;
}

void fault_vfs_install (void)
{
    static sqlite3_vfs vfs;

    real_vfs = sqlite3_vfs_find (NULL);
    vfs = *real_vfs;
    vfs.zName = "fault";
    vfs.pNext = NULL;
    vfs.szOsFile = (int) sizeof (FaultFile) + real_vfs->szOsFile;
    vfs.xOpen = fault_open;
    g_assert_cmpint (sqlite3_vfs_register (&vfs, TRUE), ==, SQLITE_OK);
}

void fault_vfs_arm (guint after, guint until, int code)
{
    g_atomic_int_set (&first, 0);
    g_atomic_int_set (&count, 0);
    g_atomic_int_set (&failures, 0);
    g_atomic_int_set (&failure, code);
    g_atomic_int_set (&last, MAX (after, until));
    g_atomic_int_set (&first, after);
}

void fault_vfs_disarm (void)
{
    g_atomic_int_set (&first, 0);
}

guint fault_vfs_failures (void)
{
    return (guint) g_atomic_int_get (&failures);
}
