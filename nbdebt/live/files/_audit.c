/* The audit hook (PEP 578) in C: events that nobody listens to cost next to nothing.

   Any hook that is put in from Python makes CPython call Python for every id(), which copy.deepcopy does
   often. This one looks at the first letter of an event's name, and calls Python for what is in the gate
   alone. Where it isn't compiled, hook.py has the same in Python. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x030D0000
#define PyThreadState_GetUnchecked _PyThreadState_UncheckedGet
#endif

static PyObject *gate;              /* what is listened to now: dict of event name to handler */
static PyInterpreterState *home;    /* the interpreter that put the hook in */
static unsigned char first[256];    /* which letters the names that can be in the gate begin with */

static int
hook(const char *event, PyObject *args, void *unused)
{
    if (!first[(unsigned char)event[0]] || gate == NULL || PyDict_GET_SIZE(gate) == 0) {
        return 0;
    }
    PyThreadState *thread = PyThreadState_GetUnchecked();
    if (thread == NULL || PyThreadState_GetInterpreter(thread) != home) {
        return 0;
    }
    PyObject *name = PyUnicode_FromString(event);
    if (name == NULL) {
        PyErr_Clear();
        return 0;
    }
    PyObject *handler = PyDict_GetItemWithError(gate, name);
    PyObject *frame = (PyObject *)PyEval_GetFrame();
    int failed = 0;
    if (handler != NULL && frame != NULL && args != NULL) {
        Py_INCREF(handler);
        Py_INCREF(frame);
        /* As for hooks in Python: who traces the user's code doesn't see it. */
        PyThreadState_EnterTracing(thread);
        PyObject *result = PyObject_CallFunctionObjArgs(handler, name, args, frame, NULL);
        PyThreadState_LeaveTracing(thread);
        if (result == NULL && !PyErr_ExceptionMatches(PyExc_Exception)) {
            failed = -1;    /* an interrupt is not ours to swallow */
        }
        Py_XDECREF(result);
        Py_DECREF(frame);
        Py_DECREF(handler);
    }
    Py_DECREF(name);
    if (!failed) {
        PyErr_Clear();
    }
    return failed;
}

static PyObject *
install(PyObject *module, PyObject *args)
{
    PyObject *listened, *names;
    if (!PyArg_ParseTuple(args, "O!O!:install", &PyDict_Type, &listened, &PyTuple_Type, &names)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        const char *name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(names, i));
        if (name == NULL) {
            return NULL;
        }
        first[(unsigned char)name[0]] = 1;
    }
    int there = gate != NULL;
    Py_INCREF(listened);
    Py_XSETREF(gate, listened);
    home = PyInterpreterState_Get();
    if (!there && PySys_AddAuditHook(hook, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_VARARGS,
     "install(gate, names): put the hook in; gate maps events to handlers(event, args, frame) from then on."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_audit", "The audit hook in C.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__audit(void)
{
    return PyModule_Create(&definition);
}
