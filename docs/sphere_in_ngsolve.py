"""The published sphere in NGSolve: modes of m = 163 near 659 nm in a box with conducting walls."""

from math import pi, sqrt

from netgen.occ import Circle, Glue, MoveTo, OCCGeometry
from ngsolve import H1, ArnoldiSolver, BilinearForm, GridFunction, HCurl, Mesh, curl, dx, grad, x

m = 163
box = MoveTo(8.0, -3.0).Rectangle(3.5, 6.0).Face()
box.edges.name = "wall"
core = Circle((0.0, 0.0), 10.0).Face() * box
ball = Circle((0.0, 0.0), 10.49).Face() * box
shell, air = ball - core, box - ball
for face, name in ((core, "core"), (shell, "shell"), (air, "air")):
    face.faces.name = name
mesh = Mesh(OCCGeometry(Glue([core, shell, air]), dim=2).GenerateMesh(maxh=0.5)).Curve(6)
eps = mesh.MaterialCF({"core": 1.45**2, "shell": 1.768**2, "air": 1.0})

space = HCurl(mesh, order=5, dirichlet="wall", complex=True) * H1(
    mesh, order=6, dirichlet="wall", complex=True
)
(E, v), (F, q) = space.TnT()
g, h = m * E - grad(v), m * F - grad(q)
curls = BilinearForm(x * curl(E) * curl(F) * dx + g * h / x * dx).Assemble()
mass = BilinearForm(eps * (x * E * F + v * q / x) * dx).Assemble()
modes = GridFunction(space, multidim=6)
shift = (2 * pi / 0.659) ** 2
for k2 in ArnoldiSolver(curls.mat, mass.mat, space.FreeDofs(), list(modes.vecs), shift):
    print(f"{2e3 * pi / sqrt(k2.real):.6f} nm")
