# %%
import functools
registry = {}
# %%
def register(f):
    registry[f.__name__] = f
    return f
# %%
def timed(times):
    def wrap(f):
        @functools.wraps(f)
        def inner(*args):
            return [f(*args) for _ in range(times)]
        return inner
    return wrap
# %%
@register
def double(x):
    return 2 * x
# %%
@register
@timed(3)
def triple(x):
    return 3 * x
# %%
out = {name: f(5) for name, f in registry.items()}
out
# %%
@functools.lru_cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
# %%
value = fib(20)
print(value)
# %%
names = sorted(registry)
